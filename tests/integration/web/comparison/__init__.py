"""Tests of the pages of the comparison."""

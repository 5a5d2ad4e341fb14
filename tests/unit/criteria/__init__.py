"""Tests of criteria files."""

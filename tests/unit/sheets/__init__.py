"""Tests of assessment sheets as values."""

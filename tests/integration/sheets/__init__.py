"""Tests of assessment sheets and their files."""

"""Stored points of each body and year, so that pages of many bodies never score them."""

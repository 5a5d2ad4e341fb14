"""A body's year as it was known at a moment, rebuilt from the record alone."""

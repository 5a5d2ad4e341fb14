"""Forms of the pages of assessment sheets."""

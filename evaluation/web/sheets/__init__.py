"""Pages of assessment sheets: the sheet and its files, the sheet as of a day, and verification."""

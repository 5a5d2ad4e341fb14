"""Forms of the pages of budget decisions."""

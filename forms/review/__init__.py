"""Forms of the reviewer's pages."""

"""Forms of the pages for the administrator."""

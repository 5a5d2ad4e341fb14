"""Forms of the pages that look across bodies and years."""

"""Which stored files are still needed, the deletion of the others, and the check that none is missing."""

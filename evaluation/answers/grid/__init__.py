"""All organisations of a kind in one table: blocks pasted into it, blanks of a column filled, each shown before it is taken."""

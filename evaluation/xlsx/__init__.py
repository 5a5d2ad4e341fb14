"""Safe opening of .xlsx files from any source: bounds, checks, and a rewritten package that alone reaches the parser."""

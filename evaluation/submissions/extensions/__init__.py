"""Extensions: one body's own last day for a year, given by an administrator with a reason."""

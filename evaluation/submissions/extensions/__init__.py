"""Extensions: a later last day for one body and year, granted by an administrator with a reason."""

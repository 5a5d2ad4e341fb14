"""How many bytes of files people send: receipts of what was sent, and the limits of a day."""

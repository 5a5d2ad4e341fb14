"""People: their accounts, their roles, and the viewer each of them is."""

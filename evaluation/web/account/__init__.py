"""Pages of a person's own account: the account, the inbox, signing in."""

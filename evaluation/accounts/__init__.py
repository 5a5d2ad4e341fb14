"""Accounts, their roles, and the viewer of each account."""

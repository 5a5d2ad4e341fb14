"""Accounts of people, their roles, and the viewer that each account is."""

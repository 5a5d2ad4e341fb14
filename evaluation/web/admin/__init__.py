"""Pages for the administrator: accounts of people, and the registry."""

"""Notifications: people read them in their inbox and receive them by e-mail."""

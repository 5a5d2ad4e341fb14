"""The workflow of a body's year: its status, locks, deadlines, extensions and timeliness."""

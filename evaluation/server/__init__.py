"""The HTTP server: how gunicorn's workers receive requests."""

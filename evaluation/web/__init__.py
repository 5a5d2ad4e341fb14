"""Thin blueprints by audience."""
from flask import Flask
def init_app(app: Flask) -> None:
    pass

"""Evaluation of how well state property is managed in Kazakhstan, under Order No. 193 as restated by Order No. 47."""

VERSION = "0.1.0"
"""The version of the product, as in `pyproject.toml`."""

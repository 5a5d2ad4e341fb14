"""Settings: read from environment variables, checked at the start. `.env.example` is generated from them (`make env-example`)."""

from evaluation.settings.load import env_example, load_settings, load_settings_or_exit
from evaluation.settings.model import Settings
from evaluation.settings.types import MEMORY_QUEUE, InvalidSettings

__all__ = ["MEGABYTE", "MEMORY_QUEUE", "InvalidSettings", "Settings", "env_example", "load_settings", "load_settings_or_exit"]

MEGABYTE = 2**20
"""The bytes of one megabyte in the settings whose names end in `_megabytes`."""

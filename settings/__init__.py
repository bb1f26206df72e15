"""What differs between environments: a typed model, and one file an environment."""

from settings.load import ENVIRONMENTS, SettingsError, load
from settings.model import Settings

__all__ = ["ENVIRONMENTS", "Settings", "SettingsError", "load"]

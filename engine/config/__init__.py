"""Configuration: TOML file, environment and options, each value with its origin.

>>> from engine.config import Sources
>>> settings = Sources(environ={}).load()
>>> str(settings.http.listen)
'127.0.0.1:8080'
"""

from engine.config.loading import DEFAULT_FILE, Sources
from engine.config.settings import Effective, Settings

__all__ = ["DEFAULT_FILE", "Effective", "Settings", "Sources"]

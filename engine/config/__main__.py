"""Prints the configuration reference: ``python -m engine.config > docs/reference/configuration.md``."""

import sys

from engine.config.reference import markdown

sys.stdout.write(markdown())

"""What can be wrong with what a test names."""

from engine.errors import EngineError


class UnknownApplication(EngineError):
    """Something was given as an application that cannot answer requests."""

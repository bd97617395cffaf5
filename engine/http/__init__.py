"""The HTTP server: health, metrics, recordings and the REST resources."""

from engine.http.server import HttpServer

__all__ = ["HttpServer"]

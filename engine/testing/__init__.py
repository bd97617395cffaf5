"""The HTTP side of ``rcml.testing``: live applications, WSGI and ASGI ones, pytest and the terminal."""

"""Conversations relayed as text: the server listens and speaks for an application on a WebSocket."""

"""Asyncio shells around the SIP endpoint: sockets, streams, the clock and the one timer."""

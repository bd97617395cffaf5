"""Streams: a call's sound over a WebSocket, to and from an application (Twilio Media Streams)."""

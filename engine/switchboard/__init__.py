"""Switchboard: what comes in by SIP, and becomes a call, a text or a transfer."""

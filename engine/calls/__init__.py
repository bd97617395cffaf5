"""Calls: what runs on a leg from the INVITE to the last event."""

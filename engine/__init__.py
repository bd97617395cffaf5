"""The floor that joins SIP, media and RCML: calls, HTTP, the store and the daemon."""

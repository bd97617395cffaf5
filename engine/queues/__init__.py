"""Queues: callers who wait until somebody dials the queue they are in."""

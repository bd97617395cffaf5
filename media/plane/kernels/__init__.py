"""Compiled passes over the leg table. They know nothing of sockets or time: both come as arguments."""

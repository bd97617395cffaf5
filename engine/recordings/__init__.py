"""Recordings: their files, their rows and what is told of them."""

"""The steps by which the tables came to be as they are: one file each, from the first on (alembic)."""

NEWEST = "0025"
"""The last revision of the chain. A database that is of it is not brought up to date."""

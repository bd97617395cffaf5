"""Peers: the clients and trunks we exchange calls with, and how contact is kept."""

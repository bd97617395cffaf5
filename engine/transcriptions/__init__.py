"""Recordings and live calls as text, by the recognisers that the configuration names."""

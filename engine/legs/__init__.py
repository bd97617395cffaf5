"""Legs: one SIP session and its sound each."""

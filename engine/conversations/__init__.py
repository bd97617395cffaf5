"""Conversations: what a document does with one leg, and what other rooms ask of a call."""

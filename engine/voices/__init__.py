"""Voices: who says the texts of documents, over HTTP or from this machine."""

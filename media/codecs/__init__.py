"""Codecs: how samples become payload octets and back."""

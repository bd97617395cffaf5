"""Dial and transfers: how parties are rung, connected and handed on."""

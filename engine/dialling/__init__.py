"""Dial: how parties are rung, connected and handed on."""

"""The media plane: every leg's sound, moved by one compiled pass per tick beside the event loop."""

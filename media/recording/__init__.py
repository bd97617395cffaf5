"""Recording: sound that passes by, written to WAV files that are playable at any moment.

``wav``, ``silence`` and ``take`` decide and know no time, thread or file; ``writer`` is the one
thread that writes every recording of the process; ``recorder`` is what the event loop holds.
"""

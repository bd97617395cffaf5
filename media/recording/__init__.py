"""Recording: sound that passes by, written to WAV files that are playable at any moment.

``wav`` and ``judging`` decide and know no time, thread or file; ``take`` is the face of a recording's record
(``track``), on which ``writing`` works, compiled; ``writer`` is the one thread that writes every recording of
the process; ``recorder`` is what the event loop holds.
"""

"""Speech: texts spoken (``tts``) by an engine, espeak-ng in a process of its own by default."""

"""Our own HTTP requests: documents, sounds and events, each hop checked and each request signed."""

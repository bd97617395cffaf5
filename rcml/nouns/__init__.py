"""The nouns of Dial, one file each: whom a caller may be connected to."""

"""Sound: session descriptions, codecs, RTP, and the data plane that moves every leg at once."""

"""Sound to and from browsers: ICE finds the way, DTLS makes the keys, the plane carries the packets."""

"""RTP and RTCP as values: bytes in, bytes out, no sockets and no clock."""

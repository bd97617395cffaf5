"""SIP transactions: RFC 3261 section 17 as amended by RFC 6026 and RFC 4320."""

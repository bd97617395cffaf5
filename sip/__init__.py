"""SIP without I/O: RFC 3261 messages, transactions, dialogs and INVITE sessions."""

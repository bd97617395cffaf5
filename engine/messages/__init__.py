"""Texts by SIP MESSAGE and mails by SMTP: what documents and the REST API send."""

"""Who we are and whom we trust over TLS (RFC 3261 section 26.3, RFC 5922)."""

from __future__ import annotations

import ssl
from dataclasses import dataclass

from sip.errors import UsageError

HANDSHAKE_WITHIN = 10.0
"""Seconds that a peer has for its handshake."""


@dataclass(frozen=True, kw_only=True)
class TlsFiles:
    """PEM files and what they are for; an empty name is none."""

    certificate: str = ""
    """Ours with its chain, shown to those who call us and to those we call."""
    private_key: str = ""
    authorities: str = ""
    """Authorities whose certificates we take, in place of the system's."""
    require_client_certificate: bool = False
    """Whether only peers with a certificate of ``authorities`` may connect."""
    verify_peers: bool = True
    """Whether those we connect to need a certificate for their host."""


class TlsContexts:
    """The contexts of our listeners and of the connections we open: TLS 1.2 and later."""

    def __init__(self, files: TlsFiles) -> None:
        """Read the files; raises :class:`UsageError` that names the one at fault."""
        self.server = _server(files)
        self.client = _client(files)

    def reload(self, files: TlsFiles) -> None:
        """Use what the files hold now for new connections; those that are open stay as they are.

        A file that cannot be used raises :class:`UsageError` and leaves everything as it was. What is not a
        certificate of ours, such as the authorities, needs a restart.
        """
        check(files)
        for context in (self.server, self.client):
            _show(context, files)


def check(files: TlsFiles) -> None:
    """Raise :class:`UsageError` when one of the files cannot be used.

    Quick enough for the event loop: to read the system's authorities takes tens of milliseconds.
    """
    scratch = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _show(scratch, files)
    if files.authorities:
        _trust(scratch, files)


def _server(files: TlsFiles) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _restrict(context)
    _show(context, files)
    if files.require_client_certificate:
        _trust(context, files)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def _client(files: TlsFiles) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _restrict(context)
    _show(context, files)
    if not files.verify_peers:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        _trust(context, files)
    return context


def _restrict(context: ssl.SSLContext) -> None:
    # RFC 8996: older versions are not to be negotiated.
    context.minimum_version = ssl.TLSVersion.TLSv1_2


def _show(context: ssl.SSLContext, files: TlsFiles) -> None:
    if not files.certificate:
        return
    try:
        context.load_cert_chain(files.certificate, files.private_key)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        names = f"certificate {files.certificate!r} with key {files.private_key!r}"
        raise UsageError(f"{names} cannot be used: {_why(error)}") from error


def _trust(context: ssl.SSLContext, files: TlsFiles) -> None:
    if not files.authorities:
        context.load_default_certs()
        return
    try:
        context.load_verify_locations(files.authorities)
    except (OSError, ValueError) as error:
        raise UsageError(f"authorities {files.authorities!r} cannot be used: {_why(error)}") from error


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)

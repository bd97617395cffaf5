"""The certificates that we show: to SIP peers, and to the clients and pages of the HTTP listener."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from engine.config import Settings
from engine.errors import ConfigurationError
from sip.errors import UsageError
from sip.transport.tls import TlsContexts, TlsFiles, check


class Certificates:
    """What TLS connections use, read again when the configuration is."""

    def __init__(self, settings: Settings) -> None:
        """Read the files; raises :class:`ConfigurationError` that names the one at fault."""
        self.sip, self._http = _read(settings)

    @property
    def http(self) -> ssl.SSLContext | None:
        """What the HTTP listener speaks TLS with; None when it does not."""
        return self._http.server if self._http is not None else None

    def reload(self, settings: Settings) -> None:
        """Use what the files hold now for new connections; those that are open stay as they are.

        Raises :class:`ConfigurationError` and leaves everything as it was when one cannot be used. Whether
        the HTTP listener speaks TLS at all needs a restart.
        """
        sip, http = _sip_files(settings), _http_files(settings)
        with _named("sip"):
            check(sip)
        with _named("http"):
            check(http)
        self.sip.reload(sip)
        if self._http is not None and http.certificate:
            self._http.reload(http)


def _read(settings: Settings) -> tuple[TlsContexts, TlsContexts | None]:
    with _named("sip"):
        sip = TlsContexts(_sip_files(settings))
    files = _http_files(settings)
    if not files.certificate:
        # Not made in vain: to load the authorities of the system takes a while.
        return sip, None
    with _named("http"):
        return sip, TlsContexts(files)


@contextmanager
def _named(section: str) -> Iterator[None]:
    """Say in which section the file at fault is named."""
    try:
        yield
    except UsageError as error:
        raise ConfigurationError(f"[{section}]: {error}") from error


def _sip_files(settings: Settings) -> TlsFiles:
    sip = settings.sip
    return TlsFiles(
        certificate=sip.tls_certificate,
        private_key=sip.tls_private_key,
        authorities=sip.tls_authorities,
        require_client_certificate=sip.tls_require_client_certificate,
        verify_peers=sip.tls_verify_peers,
    )


def _http_files(settings: Settings) -> TlsFiles:
    http = settings.http
    return TlsFiles(certificate=http.tls_certificate, private_key=http.tls_private_key)

"""The certificates that we show: to SIP peers, and to the clients and pages of the HTTP listener."""

from __future__ import annotations

import ssl

from engine.config import Settings
from engine.errors import ConfigurationError
from sip.errors import UsageError
from sip.transport.tls import TlsContexts, TlsFiles


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
        _read(settings)
        self.sip.reload(_sip_files(settings))
        if self._http is not None and settings.http.tls_certificate:
            self._http.reload(_http_files(settings))


def _read(settings: Settings) -> tuple[TlsContexts, TlsContexts | None]:
    sip = _contexts("sip", _sip_files(settings))
    # Not made in vain: to load the authorities of the system takes a while.
    http = _contexts("http", _http_files(settings)) if settings.http.tls_certificate else None
    return sip, http


def _contexts(section: str, files: TlsFiles) -> TlsContexts:
    try:
        return TlsContexts(files)
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

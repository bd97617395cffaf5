"""Certificates of an authority that only this run of the tests trusts."""

from __future__ import annotations

import atexit
import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import trustme

from sip.transport.tls import TlsContexts, TlsFiles


@dataclass(frozen=True)
class Authority:
    """An authority, and the files of what it signs."""

    folder: Path
    issuer: trustme.CA

    @classmethod
    def make(cls) -> Authority:
        """Return a new authority that nobody else trusts."""
        folder = Path(mkdtemp(prefix="authority"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        authority = cls(folder, trustme.CA())
        authority.issuer.cert_pem.write_to_path(authority.certificate)
        return authority

    @property
    def certificate(self) -> str:
        """The PEM file of the authority itself."""
        return str(self.folder / "authority.pem")

    def issue(self, *hosts: str, name: str = "peer") -> tuple[str, str]:
        """Write a certificate for hosts or addresses; return the PEM files of chain and key."""
        issued = self.issuer.issue_cert(*hosts)
        chain, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        chain.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
        issued.private_key_pem.write_to_path(str(key))
        return str(chain), str(key)

    def files(self, *hosts: str, **options: bool) -> TlsFiles:
        """Return what a peer for these hosts shows, who trusts this authority."""
        chain, key = self.issue(*(hosts or ("127.0.0.1",)))
        return TlsFiles(certificate=chain, private_key=key, authorities=self.certificate, **options)


@cache
def the_authority() -> Authority:
    """Return the authority that most tests share: making keys takes time."""
    return Authority.make()


def contexts() -> TlsContexts:
    """Return what stacks on 127.0.0.1 need to trust one another."""
    return TlsContexts(the_authority().files())

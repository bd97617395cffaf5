"""The certificates are read again while calls are up, and so within milliseconds."""

import ssl
from pathlib import Path

import pytest

from engine.certificates import Certificates
from engine.config import Settings
from engine.errors import ConfigurationError


def settings(**keys: dict[str, str]) -> Settings:
    return Settings.model_validate(keys)


@pytest.fixture
def certificates(monkeypatch: pytest.MonkeyPatch) -> Certificates:
    """Those of a daemon that runs; what it may not do any more fails."""
    made = Certificates(settings())

    def refuse(context: ssl.SSLContext, purpose: object = None) -> None:
        raise AssertionError("the system's authorities are read, which takes tens of milliseconds")

    monkeypatch.setattr(ssl.SSLContext, "load_default_certs", refuse)
    return made


def test_the_authorities_of_the_system_are_read_at_the_start_alone(certificates: Certificates):
    certificates.reload(settings())
    with pytest.raises(AssertionError, match="authorities"):
        Certificates(settings())


@pytest.mark.parametrize("section", ["sip", "http"])
def test_a_file_that_cannot_be_used_is_named_with_its_section(
    certificates: Certificates, section: str, tmp_path: Path
):
    file = tmp_path / "no.pem"
    file.write_text("nothing")
    keys = {"tls_certificate": str(file), "tls_private_key": str(file)}
    with pytest.raises(ConfigurationError, match=rf"^\[{section}\]: certificate '.*no.pem'"):
        certificates.reload(settings(**{section: keys}))


def test_authorities_that_cannot_be_used_are_named(certificates: Certificates, tmp_path: Path):
    file = tmp_path / "nobody.pem"
    file.write_text("nothing")
    with pytest.raises(ConfigurationError, match=r"^\[sip\]: authorities '.*nobody.pem' cannot be used"):
        certificates.reload(settings(sip={"tls_authorities": str(file)}))

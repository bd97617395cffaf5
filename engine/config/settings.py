"""The effective configuration: values, where each comes from, and how to read it again."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, PrivateAttr, SecretStr

from engine.config.schema import Declarations
from engine.config.section import MASK
from engine.config.values import HostPort

DEFAULT = "default"
_URL_PASSWORD = re.compile(r"(://[^/?#:@]*:)[^/?#@]+@")


@dataclass(frozen=True, slots=True)
class Effective:
    """One line of ``dialplane config``."""

    section: str
    """Such as ``sip``, or ``numbers[0]`` for an entry of a table."""
    key: str
    value: str
    """As TOML; secrets masked."""
    origin: str
    """``default``, ``dialplane dev``, ``FILE:LINE``, a variable's name or a command-line option."""


class Settings(Declarations):
    """The configuration one daemon runs with. Immutable; a reload makes another one."""

    _origins: Mapping[str, str] = PrivateAttr(default_factory=dict)

    @classmethod
    def embedded(cls, **sections: Any) -> Self:
        """Return what ``dialplane dev`` starts with: all defaults, and loopback applications allowed.

        ``sections`` are tables such as ``store={"url": "sqlite:///x.db"}``, for tests and for embedding.
        """
        tree = {
            name: dict(table) if isinstance(table, Mapping) else table for name, table in sections.items()
        }
        tree.setdefault("webhooks", {}).setdefault("allow_networks", list(LOOPBACK))
        return cls.model_validate(tree)

    @property
    def public_url(self) -> str:
        """The URL that applications reach this server at, without a slash at its end."""
        if self.http.public_url:
            return self.http.public_url
        host = self.http.listen.host
        if host in ("0.0.0.0", "::"):
            host = self.media.external_address or self.sip.external_address.partition(":")[0] or "127.0.0.1"
        scheme = "https" if self.http.tls_certificate else "http"
        return f"{scheme}://{HostPort(host, self.http.listen.port)}"

    @property
    def hold_music_url(self) -> str:
        """What a party of a call hears that the other one holds; empty for the server's own music."""
        return self.dial.hold_music_url or self.conferences.music_url

    @property
    def trusted_origins(self) -> frozenset[tuple[str, int]]:
        """Host and port of this server and of each application URL that the operator wrote himself."""
        urls = [self.public_url, self.rcml.app_url, self.rcml.apology_url, self.dial.hold_music_url]
        urls += (self.conferences.music_url, self.conferences.entry_url, self.conferences.exit_url)
        for number in self.numbers:
            urls += (number.voice_url, number.voice_fallback_url, number.status_callback, number.refer_url)
            urls += (number.sms_url, number.sms_fallback_url)
        for client in self.clients:
            urls += (client.voice_url, client.voice_fallback_url)
        urls += tuple(recogniser.url for recogniser in self.recognisers)
        return frozenset(_origin_of(url) for url in urls if url and not url.startswith("/"))

    def origin(self, path: str) -> str:
        """Return where the value of a key such as ``sip.listen`` comes from."""
        return self._origins.get(path, DEFAULT)

    def effective(self) -> Iterator[Effective]:
        """Yield every key with its value and origin, in the order of declaration."""
        for name in Declarations.model_fields:
            part = getattr(self, name)
            if isinstance(part, BaseModel):
                yield from self._effective_of(name, part)
                continue
            for index, entry in enumerate(part):
                yield from self._effective_of(f"{name}[{index}]", entry)

    def _effective_of(self, section: str, part: BaseModel) -> Iterator[Effective]:
        for name, field in type(part).model_fields.items():
            key = field.alias or name
            value = toml_value(getattr(part, name))
            yield Effective(section, key, value, self.origin(f"{section}.{key}"))


LOOPBACK = ("127.0.0.0/8", "::1/128")


def toml_value(value: Any) -> str:
    """Write a configuration value as TOML; a secret is masked unless it is empty, and so is a URL's."""
    if isinstance(value, SecretStr):
        return toml_value(MASK if value.get_secret_value() else "")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, tuple | list):
        return "[" + ", ".join(toml_value(item) for item in value) + "]"
    text = _URL_PASSWORD.sub(rf"\1{MASK}@", str(value))
    escaped = "".join(_TOML_ESCAPES.get(char, char) for char in text)
    return f'"{escaped}"'


_TOML_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"} | {
    chr(code): f"\\u{code:04x}" for code in (*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F)
}


def _origin_of(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    usual_port = 443 if parts.scheme.lower() in ("https", "wss") else 80
    return (parts.hostname or "").lower(), parts.port or usual_port

"""The keys of those who listen: what callers say, as text."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, field_validator

from engine.config.providers import other_than
from engine.config.section import Section
from rcml.language import LANGUAGE_TAG

EMBEDDED_RECOGNISER = "pocketsphinx"
"""The name of the recogniser that is built in."""


def _tag(value: str) -> str:
    if not LANGUAGE_TAG.fullmatch(value):
        raise ValueError("write a language tag such as en or en-US")
    return value


class RecognitionKeys(Section):
    """Who listens to callers."""

    recogniser: str = Field(
        EMBEDDED_RECOGNISER,
        description="Who listens when Gather has no `provider`: `pocketsphinx`, which is built in and knows "
        "English phrases, or the name of a `[[recognisers]]` table.",
        min_length=1,
    )
    recognition_processes: int = Field(
        0,
        description="Processes in which pocketsphinx listens; 0: one for two processors. Read at start.",
        ge=0,
        le=64,
    )
    least_confidence: float = Field(
        0.5,
        description="What pocketsphinx is less sure of (0 to 1) counts as not understood.",
        ge=0,
        le=1,
    )


class RecogniserEntry(Section):
    """A recogniser asked over a WebSocket, in the shape of jambonz's custom speech-to-text."""

    name: Annotated[str, other_than(EMBEDDED_RECOGNISER, "recogniser")] = Field(
        description='What `<Gather provider="...">` calls it.', min_length=1
    )
    url: str = Field(description="`wss:` or `ws:` URL that it is reached at.", min_length=1)
    token: SecretStr = Field(SecretStr(""), description="Sent as `Authorization: Bearer`; empty: not sent.")
    languages: tuple[Annotated[str, AfterValidator(_tag)], ...] = Field(
        (),
        description="Language tags that it is asked for, `en` for all of English; empty: any. Speech in "
        "another language goes to pocketsphinx.",
    )
    timeout: float = Field(
        3.0,
        description="Seconds within which it must open the connection, and within which it must say what it "
        "heard once the caller has finished; after them pocketsphinx listens instead.",
        gt=0,
        le=7,
    )

    @field_validator("url")
    @classmethod
    def _web_socket(cls, value: str) -> str:
        try:
            parts = urlsplit(value)
            usable = parts.scheme in ("ws", "wss") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            usable = False
        if not usable:
            raise ValueError("write a whole URL, such as wss://stt.example.com/listen")
        return value

    def knows(self, language: str) -> bool:
        """Return whether it is asked for a language."""
        wanted = language.lower()
        tags = [tag.lower() for tag in self.languages]
        return not tags or any(wanted == tag or wanted.startswith(f"{tag}-") for tag in tags)

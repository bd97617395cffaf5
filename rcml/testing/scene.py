"""What the legs of one staged call have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count

from rcml.api_version import API_VERSION, ApiVersion
from rcml.call import InputKind
from rcml.testing.application import Application
from rcml.testing.stage import Stage
from rcml.testing.transcript import Transcript

CHARACTERS_A_SECOND = 15.0
"""How fast voices and callers speak here; about that of a person."""
SHORTEST_SPEECH = 0.5


@dataclass(kw_only=True)
class Scene:
    """What the legs of one call have in common."""

    application: Application
    stage: Stage = field(default_factory=Stage)
    transcript: Transcript = field(default_factory=Transcript)
    sounds: Mapping[str, float] = field(default_factory=dict)
    """Lengths of sounds in seconds, by URL; NaN for one that cannot be played."""
    recognises_speech: bool = True
    account_sid: str = "AC" + 32 * "0"
    api_version: ApiVersion = API_VERSION
    """Whose words the application is told of its calls in."""
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def sid(self, prefix: str) -> str:
        """Return an identifier, the same in each run of a test."""
        return f"{prefix}{next(self._numbers):032x}"

    def recording_url(self) -> str:
        """Return where a new recording would be had."""
        sid = self.sid("RE")
        return f"http://dialplane.test/2012-04-24/Accounts/{self.account_sid}/Recordings/{sid}.wav"


def spoken_for(words: str) -> float:
    """Return how many seconds it takes to say something."""
    return max(SHORTEST_SPEECH, len(words) / CHARACTERS_A_SECOND)


@dataclass(kw_only=True)
class Ear:
    """Who takes the other side's keys and words just now."""

    kinds: frozenset[InputKind]
    key: Callable[[str], None] = lambda key: None
    words: Callable[[str], None] = lambda words: None


DEAF = Ear(kinds=frozenset())

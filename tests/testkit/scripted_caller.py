"""Who calls in a scripted call: they press keys, hear, wait and leave, in a time of their own.

Time is a number that what happens moves on: nothing sleeps, nothing is scheduled, and an hour of ringing
costs nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from rcml.call import CallerGone, Prompt, Silence, Sound, Speech


@dataclass(frozen=True)
class Answer:
    """What the application answers: a body and its type."""

    body: bytes
    content_type: str | None = "text/xml"


Reply = str | Answer | Exception


@dataclass
class ScriptedCaller:
    """Presses what the test says and remembers what they heard.

    ``presses`` are (second, key), seconds counted from the beginning of the call. A text takes one second
    to say, a sound two to play. ``application`` maps URLs to one reply, or to a list that is used up and
    whose last item stays.
    """

    application: dict[str, Reply | list[Reply]] = field(default_factory=dict)
    presses: Iterable[tuple[float, str]] = ()
    says: str = ""
    """What the recogniser understands, two seconds after the prompts; empty when the caller is silent."""
    hangs_up_at: float = math.inf
    speaks_for: float = 3.0
    """How long the caller speaks into each recording; 0 leaves nothing to keep."""
    patience: float = 100_000.0
    """When the caller hangs up in any case, so that every script ends."""
    ringing: bool = True

    now: float = 0.0
    gone: bool = False
    ended: str | None = None
    heard: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._keys = sorted(self.presses)
        self.hangs_up_at = min(self.hangs_up_at, self.patience)

    def _lasts(self, seconds: float, until_star: bool) -> bool:
        """Let time pass, and return whether the caller neither hung up nor pressed the star before."""
        begin, end = self.now, self.now + seconds
        stars = [at for at, key in self._keys if key == "*" and begin <= at < end]
        try:
            self._pass(stars[0] - begin if stars and until_star else seconds)
        except CallerGone:
            return False
        finally:
            self._lasted = self.now - begin
        return self.now == end

    def _forget_keys(self, before: float) -> None:
        self._keys = [(at, key) for at, key in self._keys if at >= before]

    def _hear(self, prompt: Prompt, until: float = math.inf) -> None:
        if self.now >= until:
            return
        length, loops = _LENGTHS[type(prompt)], 1
        if isinstance(prompt, Silence):
            length = prompt.seconds
        else:
            loops = prompt.loops
            self._check_playable(prompt)
        total = length * loops if loops else math.inf
        self.heard.append(_described(prompt))
        self._pass(min(total, until - self.now))

    def _check_playable(self, prompt: Speech | Sound) -> None:
        reply = self.application.get(prompt.url) if isinstance(prompt, Sound) else None
        if isinstance(reply, Exception):
            raise reply

    def _pass(self, seconds: float) -> None:
        if self.gone:
            raise CallerGone
        if self.now + seconds >= self.hangs_up_at:
            self.now = max(self.now, self.hangs_up_at)
            self._leave()
            raise CallerGone
        self.now += seconds

    def _leave(self) -> None:
        self._end("caller cancelled" if self.ringing else "caller hung up")

    def _end(self, how: str) -> None:
        self.gone = True
        self.ringing = False
        self.ended = how


_LENGTHS: dict[type[Any], float] = {Speech: 1.0, Sound: 2.0, Silence: 0.0}


def _described(prompt: Prompt) -> str:
    if isinstance(prompt, Speech):
        return f"said {prompt.text}"
    if isinstance(prompt, Sound):
        return f"played {prompt.url}"
    return f"silence {prompt.seconds:g}"

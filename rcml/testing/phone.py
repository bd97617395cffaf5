"""A telephone in the hands of a test: what its owner does, and what they expect to happen."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import NoReturn

from rcml.call import InputKind, Level, Recorded
from rcml.messaging import EmailRequest, TextRequest
from rcml.testing.application import Request
from rcml.testing.staged_leg import StagedLeg
from rcml.testing.transcript import Kind, Line, matcher
from rcml.testing.transfer import Transfer

PATIENCE = 60.0
"""Seconds of the call that an expectation waits."""
ENDLESS = 24 * 3600.0
"""Seconds after which a call that nobody ends is taken for endless."""

HEARD = frozenset({Kind.SAID, Kind.PLAYED, Kind.SENT_KEYS})


class Phone:
    """One side of a call. Time passes only while it waits or expects something.

    Expectations of one kind are met in order: each looks at what happened since the last one that it met.
    """

    def __init__(self, call: StagedLeg) -> None:
        self._call = call
        self._scene = call.scene
        self._seen: dict[frozenset[Kind], int] = {}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._call.who}, {self.now:g} s>"

    @property
    def now(self) -> float:
        """Seconds since the call began."""
        return self._scene.stage.now

    @property
    def over(self) -> bool:
        """Whether this side's leg has ended."""
        return self._call.gone

    @property
    def listened_for(self) -> frozenset[InputKind]:
        """What the application takes from this side just now: keys, speech, both or nothing."""
        return self._call.ear.kinds

    @property
    def call_sid(self) -> str:
        """The leg's `CallSid`."""
        return self._call.sid

    @property
    def transcript(self) -> str:
        """What happened so far, line by line."""
        return str(self._scene.transcript)

    @property
    def heard(self) -> list[str]:
        """Texts said to this side and URLs of sounds played, in order."""
        return [_heard(line) for line in self._lines(HEARD)]

    def press(self, keys: str, *, at_once: bool = False) -> None:
        """Press keys, as soon as the application listens for them; ``w`` waits half a second.

        With ``at_once`` they are pressed now, and are lost when nothing listens.
        """
        for key in keys:
            if key == "w":
                self.wait(0.5)
                continue
            if not at_once:
                self._until_listened_to(InputKind.DTMF)
            self._require_up(f"press {key}")
            self._call.press(key)
            self._scene.stage.settle()

    def say(self, words: str, *, at_once: bool = False) -> None:
        """Say something, as soon as the application listens for speech or records."""
        if not at_once:
            self._until_listened_to(InputKind.SPEECH)
        self._require_up(f"say {words!r}")
        self._call.speak(words)
        self._scene.stage.settle()

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        end = self.now + seconds
        while self._scene.stage.go_on(end):
            pass

    def go_on(self) -> bool:
        """Let time pass until something happens; False when nothing more will."""
        return self._scene.stage.go_on(math.inf)

    def follow(self, told: Callable[[Line], None]) -> None:
        """Have each line of the transcript told as it happens, from the first on."""
        for line in self._scene.transcript:
            told(line)
        self._scene.transcript.on_line = told

    def hang_up(self) -> None:
        """Hang up, or give up while it rings."""
        self._require_up("hang up")
        self._call.leave()
        self._scene.stage.settle()

    def expect_said(self, words: str | re.Pattern[str], *, within: float = PATIENCE) -> str:
        """Expect a text that contains ``words`` (in any case) or matches the pattern; returns the text."""
        __tracebackhide__ = True
        return self._heard_like(Kind.SAID, words, within)

    def expect_played(self, url: str | re.Pattern[str], *, within: float = PATIENCE) -> str:
        """Expect a sound whose URL contains ``url`` or matches the pattern; returns the URL."""
        __tracebackhide__ = True
        return self._heard_like(Kind.PLAYED, url, within)

    def expect_keys(self, keys: str, *, within: float = PATIENCE) -> None:
        """Expect that the application presses these keys towards this side."""
        __tracebackhide__ = True
        self._expect(
            HEARD, lambda line: line.kind is Kind.SENT_KEYS and line.text == keys, f"keys {keys}", within
        )

    def expect_requested(self, url: str, *, within: float = PATIENCE, **parameters: str) -> Request:
        """Expect a request whose path and query contain ``url``, with these parameters among others."""
        __tracebackhide__ = True

        def wanted(line: Line) -> bool:
            request = line.about
            return (
                isinstance(request, Request)
                and url in (request.url if "//" in url else request.path)
                and parameters.items() <= dict(request.parameters).items()
            )

        shown = " ".join(f"{name}={value}" for name, value in parameters.items())
        what = f"a request to {url} {shown}"
        request = self._expect(frozenset({Kind.REQUESTED}), wanted, what, within).about
        assert isinstance(request, Request)
        return request

    def expect_answered(self, *, within: float = PATIENCE) -> None:
        """Expect that the call is answered."""
        __tracebackhide__ = True
        self._expect(frozenset({Kind.ANSWERED}), lambda line: True, "the call to be answered", within)

    def expect_recorded(self, *, within: float = ENDLESS) -> Recorded:
        """Expect a finished recording in which somebody spoke; returns it."""
        __tracebackhide__ = True

        def wanted(line: Line) -> bool:
            return isinstance(line.about, Recorded) and line.about.url is not None

        recorded = self._expect(frozenset({Kind.RECORDED}), wanted, "a recording", within).about
        assert isinstance(recorded, Recorded)
        return recorded

    def expect_texted(self, words: str | re.Pattern[str], *, within: float = PATIENCE) -> TextRequest:
        """Expect that a text with these words is sent; returns it, with its recipient and sender."""
        __tracebackhide__ = True
        text = self._sent(Kind.TEXTED, words, within)
        assert isinstance(text, TextRequest)
        return text

    def expect_mailed(self, words: str | re.Pattern[str], *, within: float = PATIENCE) -> EmailRequest:
        """Expect that a mail with these words is sent; returns it, with its recipients and subject."""
        __tracebackhide__ = True
        mail = self._sent(Kind.MAILED, words, within)
        assert isinstance(mail, EmailRequest)
        return mail

    def expect_hung_up(self, *, reason: str | None = None, within: float = ENDLESS) -> None:
        """Expect the end of the call.

        An end because the application is broken counts only with its ``reason``, or a part of it.
        """
        __tracebackhide__ = True
        line = self._expect(frozenset({Kind.ENDED}), lambda line: True, "the call to end", within)
        if reason is not None and reason not in line.text:
            self._fail(f"expected the call to end for {reason!r}; it ended so: {line.text}")
        if reason is None and self._call.faulty:
            self._fail(f"the application is broken, and the call ended for that: {line.text}")

    def expect_referred(self, address: str, *, within: float = PATIENCE) -> Transfer:
        """Expect to be transferred to an address that contains this; returns the transfer, to decide it."""
        __tracebackhide__ = True
        line = self._expect(
            frozenset({Kind.REFERRED}), lambda line: address in line.text, f"a transfer to {address}", within
        )
        assert isinstance(line.about, Transfer)
        return line.about

    def expect_held(self, music: str | None = None, *, within: float = PATIENCE) -> None:
        """Expect to be put on hold, with ``music`` in the URL of what is heard then."""
        __tracebackhide__ = True
        self._expect(
            frozenset({Kind.HELD}), lambda line: music is None or music in line.text, "to be held", within
        )

    def expect_resumed(self, *, within: float = PATIENCE) -> None:
        """Expect to be taken off hold."""
        __tracebackhide__ = True
        self._expect(frozenset({Kind.RESUMED}), lambda line: True, "to be taken off hold", within)

    def expect_notified(self, code: int, *, within: float = PATIENCE) -> str:
        """Expect a notification with this number, such as 12100 for a document that cannot be read."""
        __tracebackhide__ = True

        def wanted(line: Line) -> bool:
            return isinstance(line.about, tuple) and line.about[0] == code

        return self._expect(frozenset({Kind.NOTIFIED}), wanted, f"notification {code}", within).text

    @property
    def errors(self) -> list[str]:
        """The notifications that are errors, as lines of text."""
        return [
            line.text
            for line in self._lines(frozenset({Kind.NOTIFIED}))
            if isinstance(line.about, tuple) and line.about[1] is Level.ERROR
        ]

    def _heard_like(self, kind: Kind, words: str | re.Pattern[str], within: float) -> str:
        __tracebackhide__ = True
        matches = matcher(words)
        what = words.pattern if isinstance(words, re.Pattern) else words
        line = self._expect(
            HEARD, lambda line: line.kind is kind and matches(_heard(line)), f"{kind.value} {what!r}", within
        )
        return _heard(line)

    def _sent(self, kind: Kind, words: str | re.Pattern[str], within: float) -> object:
        __tracebackhide__ = True
        matches = matcher(words)

        def wanted(line: Line) -> bool:
            return isinstance(line.about, TextRequest | EmailRequest) and matches(line.about.text)

        return self._expect(frozenset({kind}), wanted, f"{kind.value} {words!r}", within).about

    def _expect(
        self, kinds: frozenset[Kind], wanted: Callable[[Line], bool], what: str, within: float
    ) -> Line:
        __tracebackhide__ = True
        stage, end = self._scene.stage, self.now + within
        stage.settle()
        while True:
            lines = self._scene.transcript.lines
            for index in range(self._seen.get(kinds, 0), len(lines)):
                line = lines[index]
                if line.who == self._call.who and line.kind in kinds and wanted(line):
                    self._seen[kinds] = index + 1
                    return line
            if self.over:
                self._fail(f"expected {what}; the call ended first")
            if not stage.go_on(end):
                self._fail(f"expected {what} within {within:g} s")

    def _until_listened_to(self, kind: InputKind) -> None:
        __tracebackhide__ = True
        stage, end = self._scene.stage, self.now + PATIENCE
        stage.settle()
        while kind not in self._call.ear.kinds:
            self._require_up("press or say something")
            if not stage.go_on(end):
                self._fail(f"nothing listened for {kind.value} within {PATIENCE:g} s")

    def _require_up(self, what: str) -> None:
        __tracebackhide__ = True
        if self.over:
            self._fail(f"cannot {what}: the call is over")

    def _lines(self, kinds: frozenset[Kind]) -> list[Line]:
        return [line for line in self._scene.transcript if line.kind in kinds and line.who == self._call.who]

    def _fail(self, why: str) -> NoReturn:
        __tracebackhide__ = True
        raise AssertionError(f"{why}\n\n{self.transcript}")


def _heard(line: Line) -> str:
    """Return the text said, the URL played or the keys sent."""
    text = getattr(line.about, "text", None) or getattr(line.about, "url", None)
    return text if isinstance(text, str) else line.text

"""``dialplane try``: a call in the terminal, in virtual time. Whoever types is the caller."""

from __future__ import annotations

import re
from collections.abc import Callable

from rcml.call import InputKind
from rcml.testing import Callee, CallerPhone, Phone
from rcml.testing.dialling import CalleeLeg
from rcml.testing.transcript import Kind, Line

HELP = """  keys (0-9 * # w)  press them          some words   say them
  (empty line)      let time pass       wait 5       let five seconds pass
  answer, busy, decline                 what the rung telephone does
  bye               the other one hangs up
  hang up           hang up; so does the end of input"""

_KEYS = re.compile(r"[0-9*#w]+")
_WAIT = re.compile(r"wait (\d+(?:\.\d+)?)")

Read = Callable[[], str | None]
"""Returns a line that was typed, None at the end of input."""


class Terminal:
    """Follows a call and asks what the caller does whenever the call waits for somebody."""

    def __init__(self, caller: CallerPhone, read: Read, write: Callable[[str], None]) -> None:
        self._caller = caller
        self._read = read
        self._write = write
        self._others: list[Callee] = []
        self._shown = 0

    def run(self) -> bool:
        """Run the call to its end; return whether the application went without errors."""
        self._caller.follow(self._show)
        while not self._caller.over:
            if self._waits() or not self._caller.go_on():
                self._ask()
        # What the application is still told, such as the recording of a caller who hung up.
        while self._caller.go_on():
            pass
        return not self._caller.errors

    def _show(self, line: Line) -> None:
        self._shown += 1
        self._write(str(line))
        if line.kind is Kind.DIALLED and isinstance(line.about, CalleeLeg):
            self._others.append(Callee(line.about))

    def _waits(self) -> bool:
        """Say whether it is somebody's turn to act."""
        listened_to = any(phone.listened_for for phone in (self._caller, *self._up()))
        return listened_to or bool(self._up())

    def _up(self) -> list[Callee]:
        return [other for other in self._others if not other.over]

    def _ask(self) -> None:
        typed = self._read()
        if typed is None or typed.strip() in ("hang up", "hangup"):
            self._caller.hang_up()
            return
        self._act(typed.strip())

    def _act(self, typed: str) -> None:
        wait = _WAIT.fullmatch(typed)
        other = next(iter(self._up()), None)
        if not typed:
            self._let_time_pass()
        elif wait is not None:
            self._caller.wait(float(wait[1]))
        elif typed in ("help", "?"):
            self._write(HELP)
        elif typed in ("answer", "busy", "decline", "bye"):
            self._let(other, typed)
        elif _KEYS.fullmatch(typed):
            self._listener(InputKind.DTMF).press(typed, at_once=True)
        else:
            self._listener(InputKind.SPEECH).say(typed, at_once=True)

    def _let_time_pass(self) -> None:
        """Go on until there is something new to be shown."""
        shown = self._shown
        while self._shown == shown and self._caller.go_on():
            pass

    def _let(self, other: Callee | None, what: str) -> None:
        if other is None or (what == "bye") is other.rings:
            self._write(f"  nobody can {what} now")
            return
        {"answer": other.answer, "busy": other.busy, "decline": other.decline, "bye": other.hang_up}[what]()

    def _listener(self, kind: InputKind) -> Phone:
        """Return whose keys and words the application waits for: the caller's when nobody's."""
        phones: tuple[Phone, ...] = (self._caller, *self._up())
        return next((phone for phone in phones if kind in phone.listened_for), self._caller)

"""What is told of a message before it is read: reading costs twenty times more, and others would wait."""

from __future__ import annotations

import re
from typing import Final

from sip.user_agent_core import UserAgentCore

BEGINNINGS: Final = tuple(
    f"{method} ".encode()
    for method in ("INVITE", "REGISTER", "OPTIONS", "MESSAGE", "SUBSCRIBE", "PUBLISH", "NOTIFY", "REFER")
)
"""How requests begin that a flood is made of; a re-INVITE too, which is repeated when it is dropped."""

RESPONSE: Final = b"SIP/2.0 "
BYE: Final = b"BYE "

LOOK: Final = 4096
"""Octets of a message that are looked through: the header fields that tell come early."""

_top_branch: Final = re.compile(rb"^(?:via|v)[ \t]*:[^\r\n,]*?;[ \t]*branch=([^;,\s]+)", re.I | re.M).search
_method: Final = re.compile(rb"^cseq[ \t]*:[ \t]*\d+[ \t]+(\S+)", re.I | re.M).search
_call_id: Final = re.compile(rb"^(?:call-id|i)[ \t]*:[ \t]*([^\s]+)", re.I | re.M).search
_to_tag: Final = re.compile(rb"^(?:to|t)[ \t]*:[^\r\n]*;[ \t]*tag=([^;,\s]+)", re.I | re.M).search
_from_tag: Final = re.compile(rb"^(?:from|f)[ \t]*:[^\r\n]*;[ \t]*tag=([^;,\s]+)", re.I | re.M).search


class Unread:
    """Tells which datagrams of a source that sends too much are dropped unread, and which are of a call."""

    def __init__(self, core: UserAgentCore) -> None:
        self._core = core

    def drops(self, data: bytes, host: str, now: float) -> bool:
        """Tell, and count; answers that we wait for and hang-ups are read whatever else comes from there."""
        sources = self._core.sources
        if sources.is_useless(host, now):
            if data.startswith((RESPONSE, BYE)) and self.belongs_to(data) is not None:
                return False
            sources.ignored += 1
            return True
        return data.startswith(BEGINNINGS) and sources.drops_unread(host, now)

    def belongs_to(self, data: bytes) -> str | None:
        """Return what names the call that is up, or the request of ours, that a message is of.

        None for a stranger's. An address proves nothing; a dialog's two tags and its Call-ID, or the branch
        of a request of ours, are known to nobody but those whom we sent them.
        """
        return self._awaited(data) if data.startswith(RESPONSE) else self._call(data)

    def _awaited(self, data: bytes) -> str | None:
        branch, method = _top_branch(data, 0, LOOK), _method(data, 0, LOOK)
        if branch is None or method is None:
            return None
        name = _text(branch)
        return name if self._core.layer.awaits(name, _text(method)) else None

    def _call(self, data: bytes) -> str | None:
        local_tag, call_id = _to_tag(data, 0, LOOK), _call_id(data, 0, LOOK)
        if local_tag is None or call_id is None:
            return None
        remote_tag, name = _from_tag(data, 0, LOOK), _text(call_id)
        dialog = (name, _text(local_tag), _text(remote_tag) if remote_tag is not None else "")
        return name if dialog in self._core.dialogs else None


def _text(found: re.Match[bytes]) -> str:
    return found.group(1).decode("latin-1")

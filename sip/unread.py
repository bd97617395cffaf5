"""What is dropped before it is read: reading costs twenty times more than to drop, and others would wait."""

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

_top_branch: Final = re.compile(rb"^(?:via|v)[ \t]*:[^\r\n,]*?;[ \t]*branch=([^;,\s]+)", re.I | re.M).search
_method: Final = re.compile(rb"^cseq[ \t]*:[ \t]*\d+[ \t]+(\S+)", re.I | re.M).search


class Unread:
    """Tells which datagrams of a source that sends too much are dropped unread."""

    def __init__(self, core: UserAgentCore) -> None:
        self._core = core

    def drops(self, data: bytes, host: str, now: float) -> bool:
        """Tell, and count; answers that we wait for are read whatever else comes from there."""
        sources = self._core.sources
        if sources.is_useless(host, now):
            if data.startswith(RESPONSE) and self._is_awaited(data):
                return False
            sources.ignored += 1
            return True
        return data.startswith(BEGINNINGS) and sources.drops_unread(host, now)

    def _is_awaited(self, data: bytes) -> bool:
        branch, method = _top_branch(data), _method(data)
        return (
            branch is not None
            and method is not None
            and self._core.layer.awaits(branch.group(1).decode("latin-1"), method.group(1).decode("latin-1"))
        )

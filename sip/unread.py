"""What is told of a message before it is read: reading costs twenty times more, and others would wait."""

from __future__ import annotations

import re
from typing import Final

from sip.errors import MalformedValue
from sip.transaction.matching import branch_key
from sip.user_agent_core import UserAgentCore
from sip.via import Via

BEGINNINGS: Final = tuple(
    f"{method} ".encode()
    for method in ("INVITE", "REGISTER", "OPTIONS", "MESSAGE", "SUBSCRIBE", "PUBLISH", "NOTIFY", "REFER")
)
"""How requests begin that a flood is made of; a re-INVITE too, which is repeated when it is dropped."""

RESPONSE: Final = b"SIP/2.0 "
BYE: Final = b"BYE "
CANCEL: Final = b"CANCEL "

LOOK: Final = 4096
"""Octets of a message that are looked through: the header fields that tell come early."""

LONGEST: Final = 256
"""Octets of a tag or a branch: who has longer ones waits as a stranger."""

_word: Final = re.compile(rb"[^;,\s]*").match


class Unread:
    """Tells which datagrams of a source that sends too much are dropped unread, and which are of a call."""

    def __init__(self, core: UserAgentCore) -> None:
        self._core = core

    def drops(self, data: bytes, host: str, now: float) -> bool:
        """Tell, and count; answers that we wait for and hang-ups are read whatever else comes from there."""
        sources = self._core.sources
        if sources.is_useless(host, now):
            if data.startswith((RESPONSE, BYE, CANCEL)) and self.belongs_to(data) is not None:
                return False
            sources.ignored += 1
            return True
        return data.startswith(BEGINNINGS) and sources.drops_unread(host, now)

    def belongs_to(self, data: bytes) -> str | None:
        """Return what names the call that is up, or the request of ours, that a message is of.

        None for a stranger's. An address proves nothing; a dialog's two tags and its Call-ID, or the branch
        of a request of ours, are known to nobody but those whom we sent them; the branch and the Call-ID of
        an INVITE, which its CANCEL repeats, to nobody but those who sent that.
        """
        fields = _Fields(data[:LOOK])
        if data.startswith(RESPONSE):
            return self._awaited(fields)
        return self._cancelled(fields) if data.startswith(CANCEL) else self._call(fields)

    def _awaited(self, fields: _Fields) -> str | None:
        branch = _parameter(fields.value(b"via", b"v"), b"branch=")
        method = fields.value(b"cseq").split(None, 2)[1:]
        if not branch or not method:
            return None
        return branch if self._core.layer.awaits(branch, method[0].decode("latin-1")) else None

    def _cancelled(self, fields: _Fields) -> str | None:
        """Return the Call-ID of the INVITE that is to be cancelled, while it is not answered (9.2)."""
        try:
            via = Via.parse(fields.value(b"via", b"v").partition(b",")[0].decode("latin-1"))
        except MalformedValue:
            return None
        if via.unique_branch is None:
            return None
        invite = self._core.layer.server(branch_key(via.unique_branch, via, "INVITE"))
        if invite is None or invite.answered:
            return None
        call_id = fields.value(b"call-id", b"i").decode("latin-1")
        return call_id if call_id == invite.request.call_id else None

    def _call(self, fields: _Fields) -> str | None:
        local_tag = _parameter(fields.value(b"to", b"t"), b"tag=")
        if not local_tag:
            return None
        call_id = fields.value(b"call-id", b"i").decode("latin-1")
        remote_tag = _parameter(fields.value(b"from", b"f"), b"tag=")
        return call_id if (call_id, local_tag, remote_tag) in self._core.dialogs else None


class _Fields:
    """Finds header fields as they are usually written: no pattern is tried at each octet.

    Who writes them in another way that the grammar allows waits as a stranger.
    """

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self._lowered = octets.lower()

    def value(self, *names: bytes) -> bytes:
        """Return the value of the first field of this name, long or compact; empty for none."""
        for name in names:
            at = self._lowered.find(b"\n%b:" % name)
            if at >= 0:
                begin = at + len(name) + 2
                end = self._octets.find(b"\n", begin)
                return self._octets[begin : end if end >= 0 else None].strip()
        return b""


def _parameter(value: bytes, name: bytes) -> str:
    """Return the first parameter of this name behind a value; empty for none.

    What stands in angle brackets before it is a URI, whose parameters are not the field's.
    """
    value = value[value.rfind(b">") + 1 :]
    at = value.lower().find(b";" + name)
    word = _word(value, at + len(name) + 1, at + len(name) + 1 + LONGEST) if at >= 0 else None
    return word.group().decode("latin-1") if word is not None else ""

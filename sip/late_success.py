"""What comes of an INVITE of ours after its first 2xx: RFC 3261 section 13.2.2.4, RFC 6026 section 7.2.

The transaction waits for it half a minute longer, often beyond the end of the session.
"""

from __future__ import annotations

from typing import Final

from sip.dialog import Dialog
from sip.message import Request, Response
from sip.transaction.effects import EndReason
from sip.transaction.layer import UNOBSERVED, ClientEntry
from sip.usage import DialogUsage

MOST_FORKS: Final = 16
"""Dialogs one INVITE may lead to; a peer that invents more tags gets no more memory."""


class LateSuccesses:
    """Acknowledges each repeated 2xx, and ends the dialog of each other branch that answers.

    It knows the dialog's usage and not the session, which is gone as soon as it is over.
    """

    __slots__ = ("_remote_tag", "_strays", "_usage")

    def __init__(self, usage: DialogUsage, remote_tag: str) -> None:
        """``remote_tag`` is that of the first 2xx, whose dialog the session is."""
        self._usage = usage
        self._remote_tag = remote_tag
        self._strays: dict[str, Request] = {}
        """ACKs of 2xx responses from other branches, by remote tag."""

    def receive_response(self, entry: ClientEntry, response: Response, now: float) -> None:
        """Take a 2xx; anything else comes too late to mean something."""
        if not 200 <= response.status < 300:
            return
        if (response.to.tag or "") != self._remote_tag:
            self._heard_stray(entry, response, now)
        elif entry.acknowledgement is not None:
            self._usage.send_ack(entry.acknowledgement, now)

    def client_failed(self, entry: ClientEntry, reason: EndReason, now: float) -> None:
        """Nothing failed: the INVITE was answered."""

    def _heard_stray(self, entry: ClientEntry, response: Response, now: float) -> None:
        """Acknowledge the 2xx of another branch, and end its dialog at once."""
        tag, usage = response.to.tag or "", self._usage
        ack = self._strays.get(tag)
        if ack is not None:
            usage.core.send_ack(ack, usage.route, now)
            return
        if len(self._strays) >= MOST_FORKS:
            return
        dialog = Dialog.of_uac(entry.request, response)
        ack = self._strays[tag] = dialog.request("ACK", response.cseq.number)[1]
        route = usage.next_hop(dialog)
        usage.core.send_ack(ack, route, now)
        usage.core.send(dialog.request("BYE")[1], route, UNOBSERVED, now)

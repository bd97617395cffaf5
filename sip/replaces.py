"""Replaces: RFC 3891, the dialog whose place a new INVITE takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from sip.errors import MalformedValue, PeerError
from sip.header_values import Replaces
from sip.message import Request
from sip.session_state import SessionState
from sip.uri import SipUri, Uri
from sip.validation import Refusal

if TYPE_CHECKING:
    from sip.invite_session import InviteSession
    from sip.user_agent_core import UserAgentCore

RFC_2543_TAG: Final = "0"
"""What stands for the missing tag of an RFC 2543 user agent (section 6.1)."""


def replaces_in(uri: Uri) -> Replaces | None:
    """Return the Replaces among the headers of a Refer-To URI; raises ``PeerError`` for a broken one."""
    if not isinstance(uri, SipUri):
        return None
    written = next((value for name, value in uri.headers if name.lower() == "replaces"), None)
    if written is None:
        return None
    try:
        return Replaces.parse(unquote(written))
    except MalformedValue as flaw:
        raise PeerError(f"Replaces in Refer-To: {flaw}") from None


def find_session(core: UserAgentCore, replaces: Replaces) -> InviteSession | None:
    """Return our session whose dialog a peer means; its to-tag is the local one (section 3)."""
    for remote in (replaces.from_tag, *([""] if replaces.from_tag == RFC_2543_TAG else [])):
        session = core.dialogs.get((replaces.call_id, replaces.to_tag, remote))
        if session is not None:
            return session
    return None


def find_replaced(core: UserAgentCore, request: Request) -> InviteSession | Refusal | None:
    """Return the session that an INVITE outside dialogs replaces, or why it cannot (section 3).

    None when it replaces nothing. Whether the sender may do so is the owner's business.
    """
    headers = request.headers
    if "Replaces" not in headers or "replaces" not in core.extensions:
        return None
    if request.method != "INVITE" or headers.count("Replaces") > 1 or "Join" in headers:
        return Refusal(400, "Bad Replaces header", "one Replaces in an INVITE, and no Join (section 3)")
    try:
        replaces = request.replaces
    except PeerError as flaw:
        return Refusal(400, "Bad Replaces header", str(flaw))
    session = find_session(core, replaces) if replaces is not None else None
    if replaces is None or session is None or session.dialog is None:
        return Refusal(481, "Call/Transaction Does Not Exist", "Replaces names no dialog of ours")
    if session.state is SessionState.TERMINATED:
        return Refusal(603, "Decline", "Replaces names a dialog that has ended")
    if session.dialog.early:
        # Only who made an early dialog may be made to leave it.
        ours = session.uac is not None
        return session if ours else Refusal(481, "Call/Transaction Does Not Exist", "that call still rings")
    if replaces.early_only:
        return Refusal(486, "Busy Here", "Replaces asks for an early dialog, and that one is answered")
    return session

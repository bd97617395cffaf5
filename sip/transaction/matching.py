"""Which transaction a message belongs to: RFC 3261 sections 17.1.3, 17.2.3 and 8.2.2.2."""

from __future__ import annotations

from typing import TypeAlias

from sip.message import Request, Response
from sip.via import Via

TransactionKey: TypeAlias = tuple[str | int | None, ...]


def client_key(branch: str, method: str) -> TransactionKey:
    """Return the key of a client transaction: the top branch and the method of its CSeq."""
    return branch, method


def response_key(response: Response) -> TransactionKey:
    """Return the key of the client transaction a response would belong to."""
    return response.via.branch, response.cseq.method


def server_key(request: Request) -> TransactionKey:
    """Return the key of the server transaction of a request; an ACK has the key of its INVITE."""
    return key_for(request, "INVITE" if request.method == "ACK" else request.method)


def cancelled_key(cancel: Request) -> TransactionKey:
    """Return the key of the INVITE transaction that a CANCEL cancels (RFC 3261 section 9.2)."""
    return key_for(cancel, "INVITE")


def key_for(request: Request, method: str) -> TransactionKey:
    """Return the key ``request`` would have if its method were ``method``."""
    via = request.via
    branch = via.unique_branch
    if branch is not None:
        return branch_key(branch, via, method)
    # RFC 2543 had no branch to go by. The To tag is left out for INVITE, since its ACK carries the one that
    # our response added, and a CANCEL carries the one the INVITE had.
    to_tag = None if method == "INVITE" else request.to.tag
    cseq = request.cseq.number
    return request.uri_text, to_tag, request.from_.tag, request.call_id, cseq, str(via), method


def branch_key(branch: str, via: Via, method: str) -> TransactionKey:
    """Return the key of the server transaction of a request whose top Via has a unique branch (17.2.3)."""
    return branch, via.host.lower(), via.port, method


def merged_key(request: Request) -> TransactionKey | None:
    """Return the key under which copies of a request that took two ways are alike (8.2.2.2).

    None for a request inside a dialog, which cannot have been forked.
    """
    if request.to.tag is not None or request.method in ("ACK", "CANCEL"):
        return None
    cseq = request.cseq
    return request.from_.tag, request.call_id, cseq.number, cseq.method

"""Clients as the store has them, and the credentials their phones send."""

from __future__ import annotations

from typing import Any

from engine.store import ClientRow
from sip.digest import Challenge, answer_challenge, shared_secret
from sip.message import Request, Response

REALM = "dialplane"


def client(login: str = "alice", password: str = "secret", **fields: Any) -> ClientRow:
    """Return a client's row."""
    return ClientRow(
        sid="CL" + login.encode().hex()[:32].rjust(32, "0"),
        account_sid="AC" + "0" * 32,
        login=login,
        ha1_md5=shared_secret(login, REALM, password, "MD5"),
        ha1_sha256=shared_secret(login, REALM, password, "SHA-256"),
        **fields,
    )


def challenges(response: Response) -> list[Challenge]:
    """Return what a 401 or 407 asks for."""
    name = "WWW-Authenticate" if response.status == 401 else "Proxy-Authenticate"
    found = [Challenge.parse(line) for line in response.headers.lines(name)]
    return [challenge for challenge in found if challenge is not None]


def with_credentials(
    request: Request,
    challenge: Challenge,
    login: str = "alice",
    password: str = "secret",
    *,
    count: int = 1,
) -> Request:
    """Return the request as a phone repeats it after a challenge: next CSeq, new branch, credentials."""
    again = Request(request.method, request.uri_text, request.headers.copy(), request.body)
    number = request.cseq.number + 1
    again.headers.set("CSeq", f"{number} {request.method}")
    via, branch = request.via, f"{request.via.branch}x{number}"
    again.headers.replace_first("Via", f"SIP/2.0/{via.transport} {via.host}:{via.port};branch={branch};rport")
    credentials = answer_challenge(
        challenge, request.method, request.uri_text, login, password, cnonce=f"c{number}", count=count
    )
    name = "Authorization" if request.method == "REGISTER" else "Proxy-Authorization"
    again.headers.set(name, credentials)
    return again

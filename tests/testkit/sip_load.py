"""SIPp scenarios that nobody steers, for load: many whole calls, and a bare SIPp that answers them."""

from tests.testkit.sip_xml import (
    CAPTURE_INVITE,
    answer_to_invite,
    callee_bye,
    ok,
    remote_party,
    request,
    send,
)

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'


def calling(user: str, body: str) -> str:
    """Call, take the ringing and the answer, and wait for the BYE of the other side."""
    uri = f"sip:{user}@[remote_ip]:[remote_port]"
    caller = "<sip:load@[local_ip]:[local_port]>"
    invite = request("INVITE", uri, caller, f"<{uri}>", body=body, content_type="application/sdp")
    parts = [
        f'{_HEAD}\n<scenario name="calling">',
        send(invite, retransmit=True),
        '<recv response="100" optional="true"/>',
        '<recv response="180" optional="true"/>',
        '<recv response="200" rtd="true" rrs="true"/>',
        send(request("ACK", "[next_url]", caller, remote_party(user), cseq="1")),
        '<recv request="BYE"/>',
        send(ok()),
        "</scenario>",
    ]
    return "\n".join(parts)


def answering(body: str, talk_ms: int) -> str:
    """Ring, answer, and hang up after `talk_ms` milliseconds."""
    parts = [
        f'{_HEAD}\n<scenario name="answering">',
        f'<recv request="INVITE" rrs="true">{CAPTURE_INVITE}</recv>',
        send(answer_to_invite("180 Ringing")),
        send(answer_to_invite("200 OK", body), retransmit=True),
        '<recv request="ACK"/>',
        f'<pause milliseconds="{talk_ms}"/>',
        send(callee_bye(), retransmit=True),
        '<recv response="200"/>',
        '<Reference variables="message"/>',
        "</scenario>",
    ]
    return "\n".join(parts)

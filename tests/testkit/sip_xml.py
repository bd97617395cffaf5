"""The pieces of a SIPp scenario: SIP messages as SIPp's templates, and the XML elements around them."""

from collections.abc import Mapping
from xml.sax.saxutils import quoteattr

REFUSALS: tuple[int, ...] = (
    300,
    302,
    400,
    401,
    403,
    404,
    405,
    406,
    407,
    408,
    410,
    413,
    415,
    416,
    420,
    421,
    422,
    423,
    480,
    481,
    482,
)
REFUSALS += (
    483,
    484,
    486,
    487,
    488,
    489,
    491,
    494,
    500,
    501,
    502,
    503,
    504,
    505,
    513,
    569,
    580,
    600,
    603,
    604,
    606,
)

Headers = tuple[tuple[str, str], ...]

_DIALOG_HEADERS = {"via": "Via:", "caller": "From:", "callee": "To:", "invite_cseq": "CSeq:"}
# Without `search_in`, which is the message then: SIPp reads no scenario of more than 64 kB.
CAPTURE = '<action><ereg regexp=".*" assign_to="message"/></action>'
# A variable keeps its old value when a later expression does not match, so it is reset first.
_CAPTURE_PROVISIONAL = (
    '<action><ereg regexp=".*" search_in="msg" assign_to="message"/>'
    '<assignstr assign_to="rseq" value="0"/>'
    '<ereg regexp="[0-9]+" search_in="hdr" header="RSeq:" check_it="false" assign_to="rseq"/>'
    '<todouble assign_to="rseq_number" variable="rseq"/>'
    '<test assign_to="reliable" variable="rseq_number" compare="greater_than" value="0"/></action>'
)
CAPTURE_INVITE = (
    '<action><ereg regexp=".*" search_in="msg" assign_to="message"/>'
    + "".join(
        f'<ereg regexp="[^ ].*" search_in="hdr" header="{header}" assign_to="{name}"/>'
        for name, header in _DIALOG_HEADERS.items()
    )
    + "</action>"
)

_CONTACT = "Contact: <sip:[local_ip]:[local_port];transport=[transport]>"
_CALLEE_TAG = ";tag=[pid]callee[call_number]"


def remote_party(user: str) -> str:
    return f"<sip:{user}@[remote_ip]:[remote_port]>[peer_tag_param]"


def request(
    method: str,
    uri: str,
    from_: str,
    to: str,
    *,
    cseq: str = "[cseq]",
    branch: str = "",
    body: str | None = None,
    content_type: str | None = None,
    headers: Headers = (),
    contact: str = "",
) -> str:
    # SIPp's own [branch] counts scenario lines, and a line may run twice here; the CSeq is always new.
    branch = branch or f"{cseq}-{method}"
    lines = [
        f"{method} {uri} SIP/2.0",
        f"Via: SIP/2.0/[transport] [local_ip]:[local_port];rport;branch=z9hG4bK-[pid]-[call_number]-{branch}",
        "Max-Forwards: 70",
        f"From: {from_};tag=[pid]caller[call_number]",
        f"To: {to}",
        "Call-ID: [call_id]",
        f"CSeq: {cseq} {method}",
        f"Contact: <{contact}>" if contact else _CONTACT,
        *(f"{name}: {value}" for name, value in headers),
    ]
    return _with_body(lines, body, content_type)


def ok(body: str = "") -> str:
    """Answer the request inside the dialog that came last."""
    lines = [
        "SIP/2.0 200 OK",
        "[last_Via:]",
        "[last_From:]",
        "[last_To:]",
        "[last_Call-ID:]",
        "[last_CSeq:]",
        _CONTACT,
    ]
    return _with_body(lines, body, "application/sdp" if body else None)


def answer_to_invite(status: str, body: str = "", headers: Headers = ()) -> str:
    """Answer the INVITE that opened the dialog, whatever came after it."""
    lines = [
        f"SIP/2.0 {status}",
        "Via: [$via]",
        "From: [$caller]",
        f"To: [$callee]{_CALLEE_TAG}",
        "Call-ID: [call_id]",
        "CSeq: [$invite_cseq]",
        _CONTACT,
        *(f"{name}: {value}" for name, value in headers),
    ]
    return _with_body(lines, body, "application/sdp" if body else None)


def callee_bye() -> str:
    return callee_request("BYE", 9)


def callee_request(
    method: str,
    number: int,
    body: str | None = None,
    content_type: str | None = None,
    headers: Headers = (),
) -> str:
    """A request of who was called, inside the dialog; each needs a higher `number` than the one before."""
    lines = [
        f"{method} [next_url] SIP/2.0",
        "Via: SIP/2.0/[transport] [local_ip]:[local_port];rport;"
        f"branch=z9hG4bK-[pid]-[call_number]-callee{number}{method}",
        "Max-Forwards: 70",
        f"From: [$callee]{_CALLEE_TAG}",
        "To: [$caller]",
        "Call-ID: [call_id]",
        f"CSeq: {number} {method}",
        _CONTACT,
        *(f"{name}: {value}" for name, value in headers),
    ]
    return _with_body(lines, body, content_type)


def _with_body(lines: list[str], body: str | None, content_type: str | None) -> str:
    if content_type:
        lines.append(f"Content-Type: {content_type}")
    lines.append("Content-Length: [len]" if body else "Content-Length: 0")
    return "\n".join(lines) + "\n\n" + (body or "").replace("\r\n", "\n")


# Branches hang on the elements themselves (`next`, `test`): SIPp runs a separate <nop> only at its next
# scheduling round, and a message that arrives before it would count as unexpected.
def send(text: str, *, retransmit: bool = False, go: str = "") -> str:
    attribute = ' retrans="500"' if retransmit else ""
    return f"<send{attribute}{_branch(go)}><![CDATA[\n{text}\n]]></send>"


def report(step: str, message: str = "", *, go: str = "", when: str = "") -> str:
    text = f"Call-ID: [call_id]\nStep: {step}\n\n{message}"
    return f"<sendCmd{_branch(go, when)}><![CDATA[\n{text}\n]]></sendCmd>"


def _branch(go: str, when: str = "") -> str:
    test = f" test={quoteattr(when)}" if when else ""
    return f" next={quoteattr(go)}{test}" if go else ""


def label(name: str) -> str:
    return f"<label id={quoteattr(name)}/>"


def take_response(status: int, label: str, *, capture: bool = True, record_route: bool = False) -> str:
    actions = (_CAPTURE_PROVISIONAL if status < 200 else CAPTURE) if capture else ""
    routes = ' rrs="true"' if record_route or 100 < status < 200 else ""
    return f'<recv response="{status}" optional="true" next={quoteattr(label)}{routes}>{actions}</recv>'


def take_request(method: str, label: str) -> str:
    return f'<recv request="{method}" optional="true" next={quoteattr(label)}>{CAPTURE}</recv>'


def take_command(branches: Mapping[str, str]) -> list[str]:
    """Wait for a command of the test and go to the branch that its `Do:` line names."""
    read = '<ereg regexp="Do: ([-_a-z0-9]+);" search_in="msg" assign_to="command,do"/>'
    compare = "".join(
        f'<strcmp assign_to="difference" variable="do" value="{name}"/>'
        f'<test assign_to="{_variable(name)}" variable="difference" compare="equal" value="0"/>'
        for name in branches
    )
    jumps = [f"<nop{_branch(label, _variable(name))}/>" for name, label in branches.items()]
    return [
        f"<recvCmd><action>{read}{compare}</action></recvCmd>",
        *jumps,
        '<Reference variables="command"/>',
    ]


def _variable(action: str) -> str:
    return "do_" + action.replace("-", "_")

"""The SIPp scenario of one caller, written from a few values and steered while it runs.

A scenario has three resting places: *ringing* (INVITE sent), *talking* (the call is up) and the end. In each
of them SIPp takes what the server sends, reports it, and waits for the name of the next action to carry out;
commands and reports travel over SIPp's own third-party control socket (see :mod:`tests.testkit.sipp`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.testkit.sip_xml import (
    CAPTURE,
    CAPTURE_INVITE,
    REFUSALS,
    Headers,
    answer_to_invite,
    callee_bye,
    callee_request,
    label,
    ok,
    remote_party,
    report,
    request,
    send,
    take_command,
    take_request,
    take_response,
)


@dataclass(frozen=True)
class Invite:
    """The INVITE that opens the call. `body` None sends none (a late offer, when `ack_body` answers)."""

    body: str | None
    content_type: str | None = "application/sdp"
    headers: Headers = ()
    display_name: str = ""
    from_user: str = "bob"
    ack_body: str | None = None
    password: str = ""
    """Of the client `from_user`, who then expects to be challenged."""
    contact: str = ""
    """The URI in Contact instead of the caller's own."""


@dataclass(frozen=True)
class InDialog:
    """A request inside the dialog, sent when the test says its name."""

    method: str
    body: str = ""
    content_type: str | None = None
    headers: Headers = ()


HANG_UP = "hang-up"
REFUSED_IN_DIALOG = (400, 403, 404, 405, 408, 415, 420, 421, 422, 469, 481, 488, 489, 491, 500, 501, 503, 504)
"""What requests in a dialog that invite nobody are refused with."""
CANCEL = "cancel"


def _ends_of(action: InDialog) -> tuple[int, ...]:
    """The final responses to an action beside 200; a scenario of every status would be too long for SIPp."""
    if action.method == "REFER":
        return (202, *REFUSALS)
    return REFUSALS if action.method == "INVITE" else REFUSED_IN_DIALOG


_TAKE_TRANSFER = [take_request("NOTIFY", "notified"), take_request("REFER", "referred")]


def _refer_requests() -> list[str]:
    """Take what belongs to a transfer; a REFER is accepted, and its NOTIFYs are actions of the test."""
    return [
        # Reported first: the BYE that follows may come before SIPp carries out a step after the answer.
        label("notified"),
        report("notified", "[$message]"),
        send(ok(), go="talking"),
        label("referred"),
        send(ok().replace("200 OK", "202 Accepted")),
        report("referred", "[$message]", go="talking"),
    ]


@dataclass(frozen=True)
class CallScenario:
    """Everything one caller may do, rendered to SIPp's XML by `str()`."""

    user: str
    invite: Invite
    actions: Mapping[str, InDialog] = field(default_factory=dict)
    reinvite_answer: str = ""
    """The session description that answers a re-INVITE of the server."""

    def __str__(self) -> str:
        parts = [
            '<?xml version="1.0" encoding="UTF-8"?>',
            '<scenario name="caller">',
            report("started"),
            send(self._invite_text(), retransmit=True, go="ringing"),
            *self._ringing(),
            *(self._challenged() if self.invite.password else []),
            *self._prack(),
            *self._cancelled(),
            *self._refused(),
            *self._talking(),
            *self._server_requests(),
            *self._action_branches(),
            '<label id="end"/>\n<nop/>',
            "</scenario>",
        ]
        return "\n".join(parts)

    def _invite_text(self) -> str:
        return request(
            "INVITE",
            f"sip:{self.user}@[remote_ip]:[remote_port]",
            self._caller(),
            f"<sip:{self.user}@[remote_ip]:[remote_port]>",
            body=self.invite.body,
            content_type=self.invite.content_type,
            headers=self.invite.headers,
            contact=self.invite.contact,
        )

    def _caller(self) -> str:
        name = f'"{self.invite.display_name}" ' if self.invite.display_name else ""
        return f"{name}<sip:{self.invite.from_user}@[local_ip]:[local_port]>"

    def _ringing(self) -> list[str]:
        return [
            label("provisional"),
            report("provisional", "[$message]", go="prack", when="reliable"),
            label("ringing"),
            take_response(100, "ringing", capture=False),
            *(
                ['<recv response="407" auth="true" optional="true" next="challenged"/>']
                if self.invite.password
                else []
            ),
            take_response(180, "provisional"),
            take_response(181, "provisional"),
            take_response(183, "provisional"),
            take_response(200, "answered", record_route=True),
            *(take_response(status, "refused") for status in self._refusals()),
            '<recvCmd next="cancel"/>',
        ]

    def _refusals(self) -> list[int]:
        return [status for status in REFUSALS if status != 407 or not self.invite.password]

    @property
    def _cseq(self) -> str:
        """The number of the INVITE that is answered."""
        return "2" if self.invite.password else "1"

    def _challenged(self) -> list[str]:
        credentials = f"[authentication username={self.invite.from_user} password={self.invite.password}]"
        again = self._invite_text().replace("Content-Length:", f"{credentials}\nContent-Length:", 1)
        return [
            label("challenged"),
            send(self._about_invite("ACK", remote_party(self.user), "1")),
            # Not repeated: SIPp would do nothing else before it had a final response to this one.
            send(again, go="ringing"),
        ]

    def _prack(self) -> list[str]:
        text = request(
            "PRACK",
            "[next_url]",
            self._caller(),
            remote_party(self.user),
            headers=(("RAck", f"[$rseq] {self._cseq} INVITE"),),
        )
        return [
            label("prack"),
            send(text, retransmit=True),
            '<recv response="200"/>',
            report("pracked", go="ringing"),
        ]

    def _cancelled(self) -> list[str]:
        text = self._about_invite("CANCEL", f"<sip:{self.user}@[remote_ip]:[remote_port]>")
        return [
            label("cancel"),
            send(text, retransmit=True),
            f'<recv response="200">{CAPTURE}</recv>',
            report("cancel-answered", "[$message]"),
            label("await-487"),
            take_response(180, "await-487", capture=False),
            *(take_response(status, "refused") for status in REFUSALS if status != 487),
            f'<recv response="487">{CAPTURE}</recv>',
        ]

    def _refused(self) -> list[str]:
        acknowledgement = self._about_invite("ACK", remote_party(self.user))
        return [label("refused"), send(acknowledgement), report("refused", "[$message]", go="end")]

    def _about_invite(self, method: str, to: str, cseq: str = "") -> str:
        """CANCEL, and the ACK of a refusal, share the INVITE's URI, CSeq number and branch."""
        uri = f"sip:{self.user}@[remote_ip]:[remote_port]"
        number = cseq or self._cseq
        return request(method, uri, self._caller(), to, cseq=number, branch=f"{number}-INVITE")

    def _talking(self) -> list[str]:
        return [
            label("answered"),
            send(self._ack_text(self._cseq, self.invite.ack_body)),
            report("answered", "[$message]"),
            label("talking"),
            take_response(200, "talking", capture=False),
            take_request("BYE", "byed"),
            take_request("INVITE", "reinvited"),
            take_request("UPDATE", "updated"),
            take_request("OPTIONS", "updated"),
            *(_TAKE_TRANSFER if self._transfers else []),
            *take_command({name: name for name in (HANG_UP, *self.actions)}),
        ]

    @property
    def _transfers(self) -> bool:
        """Whether transfers are a part of it: SIPp reads no scenario of more than 64 kB."""
        return any(action.method in ("REFER", "NOTIFY") for action in self.actions.values())

    def _server_requests(self) -> list[str]:
        return [
            label("byed"),
            send(ok()),
            report("byed", "[$message]", go="end"),
            label("reinvited"),
            send(ok(self.reinvite_answer), retransmit=True),
            '<recv request="ACK"/>',
            report("reinvited", "[$message]", go="talking"),
            *(_refer_requests() if self._transfers else []),
            label("updated"),
            send(ok()),
            report("updated", "[$message]", go="talking"),
        ]

    def _action_branches(self) -> list[str]:
        parts = []
        for name, action in {**self.actions, HANG_UP: InDialog("BYE")}.items():
            parts += self._action_branch(name, action)
        return parts

    def _action_branch(self, name: str, action: InDialog) -> list[str]:
        after = "end" if action.method == "BYE" else "talking"
        is_invite = action.method == "INVITE"
        return [
            label(name),
            send(self._action_text(action), retransmit=True),
            label(f"{name}-sent"),
            take_response(100, f"{name}-sent", capture=False),
            *(take_response(status, f"{name}-refused") for status in _ends_of(action)),
            f'<recv response="200">{CAPTURE}</recv>',
            *([send(self._ack_text("[cseq]", None))] if is_invite else []),
            report(name, "[$message]", go=after),
            label(f"{name}-refused"),
            *([send(self._refused_reinvite_ack())] if is_invite else []),
            report(name, "[$message]", go=after),
        ]

    def _action_text(self, action: InDialog) -> str:
        return request(
            action.method,
            "[next_url]",
            self._caller(),
            remote_party(self.user),
            body=action.body,
            content_type=action.content_type,
            headers=action.headers,
        )

    def _refused_reinvite_ack(self) -> str:
        to = remote_party(self.user)
        return request("ACK", "[next_url]", self._caller(), to, cseq="[cseq]", branch="[cseq]-INVITE")

    def _ack_text(self, cseq: str, body: str | None) -> str:
        return request(
            "ACK",
            "[next_url]",
            self._caller(),
            remote_party(self.user),
            cseq=cseq,
            body=body,
            content_type="application/sdp" if body else None,
        )


@dataclass(frozen=True)
class AnswerScenario:
    """A peer that is called: it rings, waits for a word if told to, answers or refuses, follows the call."""

    body: str
    refusal: str = ""
    """Status and reason phrase of the refusal, e.g. `486 Busy Here`; empty to answer."""
    waits: bool = False
    """Ring until the test says to answer, or to refuse."""
    progress: str = "180 Ringing"
    bye_answer: str = "200 OK"
    early: str = ""
    """A session description in the provisional response."""
    headers: Headers = ()
    """In the 200."""
    actions: Mapping[str, InDialog] = field(default_factory=dict)
    """Requests inside the dialog, each sent when the test says its name, and only once."""

    def __str__(self) -> str:
        parts = [
            '<?xml version="1.0" encoding="UTF-8"?>',
            '<scenario name="callee">',
            f'<recv request="INVITE" rrs="true">{CAPTURE_INVITE}</recv>',
            report("invited", "[$message]"),
            send(answer_to_invite(self.progress, self.early)),
            *(self._waiting() if self.waits else []),
            *(self._refusing() if self.refusal else self._answering()),
            *self._talking(),
            *self._action_branches(),
            '<label id="end"/>\n<nop/>',
            "</scenario>",
        ]
        return "\n".join(parts)

    def _waiting(self) -> list[str]:
        return [
            report("ringing", go="ringing"),
            label("cancelled"),
            send(ok()),
            send(answer_to_invite("487 Request Terminated")),
            # The test's word to answer may cross the CANCEL: then it comes to nothing.
            label("await-end"),
            take_request("ACK", "ended"),
            '<recvCmd next="await-end"/>',
            label("ended"),
            report("cancelled", go="end"),
            label("ringing"),
            take_request("CANCEL", "cancelled"),
            "<recvCmd/>",
        ]

    def _refusing(self) -> list[str]:
        return [
            send(answer_to_invite(self.refusal), retransmit=True),
            '<recv request="ACK"/>',
            report("refused", go="end"),
        ]

    def _answering(self) -> list[str]:
        return [
            send(answer_to_invite("200 OK", self.body, self.headers), retransmit=True, go="await-ack"),
            # RFC 3261 section 9.2: a CANCEL that comes after the answer changes nothing.
            label("cancelled-late"),
            send(ok()),
            label("await-ack"),
            take_request("CANCEL", "cancelled-late"),
            f'<recv request="ACK">{CAPTURE}</recv>',
            report("answered", "[$message]", go="talking"),
        ]

    def _talking(self) -> list[str]:
        return [
            label("byed"),
            send(ok().replace("200 OK", self.bye_answer)),
            report("byed", "[$message]", go="end"),
            label("reinvited"),
            send(ok(self.body), retransmit=True),
            '<recv request="ACK"/>',
            report("reinvited", "[$message]", go="talking"),
            *_refer_requests(),
            label("asked"),
            send(ok()),
            report("asked", "[$message]", go="talking"),
            label("talking"),
            take_request("BYE", "byed"),
            take_request("INVITE", "reinvited"),
            *(take_request(method, "asked") for method in ("INFO", "UPDATE", "OPTIONS", "MESSAGE")),
            *_TAKE_TRANSFER,
            *take_command({name: name for name in (HANG_UP, *self.actions)}),
            label(HANG_UP),
            send(callee_bye(), retransmit=True),
            f'<recv response="200">{CAPTURE}</recv>',
            report(HANG_UP, "[$message]", go="end"),
        ]

    def _action_branches(self) -> list[str]:
        parts: list[str] = []
        for number, (name, action) in enumerate(self.actions.items(), start=2):
            acknowledges = action.method == "INVITE"
            text = callee_request(action.method, number, action.body, action.content_type, action.headers)
            parts += [
                label(name),
                send(text, retransmit=True),
                label(f"{name}-sent"),
                take_response(100, f"{name}-sent", capture=False),
                *(take_response(status, f"{name}-refused") for status in _ends_of(action)),
                f'<recv response="200">{CAPTURE}</recv>',
                *([send(callee_request("ACK", number))] if acknowledges else []),
                report(name, "[$message]", go="talking"),
                label(f"{name}-refused"),
                *([send(self._refused_ack(number))] if acknowledges else []),
                report(name, "[$message]", go="talking"),
            ]
        return parts

    def _refused_ack(self, number: int) -> str:
        """The ACK of a refusal has the branch of its INVITE."""
        return callee_request("ACK", number).replace(f"callee{number}ACK", f"callee{number}INVITE")

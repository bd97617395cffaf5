"""A SIPp phone that registers, answers OPTIONS as told, refreshes and unregisters."""

from dataclasses import dataclass
from urllib.parse import quote

from tests.testkit.sip_xml import CAPTURE, label, report, request, send, take_command, take_response
from tests.testkit.sipp import SippBeginner
from tests.testkit.waiting import eventually

REFRESH = "refresh"
UNREGISTER = "unregister"


@dataclass(frozen=True)
class RegistrationScenario:
    """What the phone does: steps `challenged`, `registered` or `refused`, then what the test tells it."""

    login: str
    password: str
    as_login: str = ""
    """The user name of the credentials, when it is not `login`."""
    contact_port: int = 0
    """The port that is registered; 0 for the phone's own."""

    def __str__(self) -> str:
        parts = [
            '<?xml version="1.0" encoding="UTF-8"?>',
            '<scenario name="phone">',
            send(self._register(600), retransmit=True),
            f'<recv response="401" auth="true">{CAPTURE}</recv>',
            report("challenged", "[$message]"),
            *self._proof("first", 600),
            label("refused"),
            report("refused", "[$message]", go="end"),
            label("first-accepted"),
            report("registered", "[$message]"),
            label("resting"),
            *take_command({REFRESH: REFRESH, UNREGISTER: UNREGISTER}),
            *self._again(REFRESH, 600, "resting"),
            *self._again(UNREGISTER, 0, "end"),
            '<label id="end"/>\n<nop/>',
            "</scenario>",
        ]
        return "\n".join(parts)

    def _again(self, name: str, expires: int, after: str) -> list[str]:
        return [
            label(name),
            send(self._register(expires), retransmit=True),
            '<recv response="401" auth="true"/>',
            *self._proof(name, expires),
            label(f"{name}-accepted"),
            report(name, "[$message]", go=after),
        ]

    def _proof(self, name: str, expires: int) -> list[str]:
        credentials = f"[authentication username={self.as_login or self.login} password={self.password}]"
        text = self._register(expires).replace("Content-Length: 0", f"{credentials}\nContent-Length: 0")
        return [
            send(text, retransmit=True),
            take_response(403, "refused"),
            f'<recv response="200" next="{name}-accepted">{CAPTURE}</recv>',
        ]

    def _register(self, expires: int) -> str:
        address = f"<sip:{quote(self.login, safe='')}@[remote_ip]>"
        headers = (("Expires", str(expires)),)
        text = request("REGISTER", "sip:[remote_ip]:[remote_port]", address, address, headers=headers)
        if self.contact_port:
            text = text.replace(
                "[local_ip]:[local_port];transport", f"[local_ip]:{self.contact_port};transport"
            )
        return text


class SippPhone(SippBeginner):
    """A phone: it registers as soon as it starts."""

    def pings(self) -> list[str]:
        """The Request-URI of each OPTIONS that came, as SIPp's trace has them."""
        trace = self._file("msg")
        lines = trace.read_text(errors="replace").splitlines() if trace.exists() else []
        return [line.split()[1] for line in lines if line.startswith("OPTIONS ")]

    async def pinged(self, times: int = 1, within: float = 10.0) -> str:
        """Wait for so many OPTIONS and return the Request-URI of the last."""
        await eventually(
            lambda: len(self.pings()) >= times, within, f"{times} OPTIONS come", context=self.story
        )
        return self.pings()[-1]

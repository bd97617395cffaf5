import asyncio
import ipaddress
import itertools
from collections.abc import Awaitable, Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from engine.accounts import AccountTree
from engine.calls.call_services import CallServices
from engine.dialling.reach import Unreachable, Way
from engine.errors import StoreError
from engine.exchange.account_caps import CAPPED, AccountCaps
from engine.exchange.admission import Admission
from engine.exchange.authentication import Authenticator
from engine.exchange.call_limits import CallLimits
from engine.exchange.routing import Application, NumberRoute, Ourselves, Parameters, Router
from engine.exchange.source_bans import SourceBans
from engine.exchange.trunks import Trunk, TrunkDirectory
from engine.legs.leg_media import LegMedia
from engine.legs.outgoing_leg import OutgoingLeg
from engine.legs.sip_leg import SipLeg
from engine.peers.callers import CallerIdentification
from engine.peers.clients import ClientDirectory
from engine.peers.peers import Peers
from engine.peers.registrar import Registrar
from engine.peers.sip_requests import SipRequests
from engine.reporting.metrics import Metrics
from engine.store import CallRow, CallStatus
from engine.switchboard.caller_details import CallerDetails
from engine.switchboard.switchboard import Switchboard
from rcml.dialling import ApplicationTarget, ClientTarget, DialRequest, NumberTarget, Target
from sip.challenges import Login
from sip.endpoint_config import EndpointConfig
from sip.flow import Destination, Flow
from sip.message import Request, Response
from sip.nonce import NonceIssuer
from sip.transport.local import CALLED, CALLING
from sip.uri import SipUri
from tests.testkit.memory_bindings import MemoryBindings
from tests.testkit.sip_clients import REALM, challenges, client, with_credentials
from tests.testkit.sip_messages import request, response
from tests.testkit.virtual_loop import run_virtual
from tests.testkit.virtual_stack import PHONE, VirtualStack

CARRIER = Flow("UDP", ("127.0.0.1", 5060), ("203.0.113.10", 5060))
TRUNK = Trunk(
    name="carrier",
    uri=SipUri.parse("sip:203.0.113.10"),
    prefixes=("+",),
    networks=(ipaddress.ip_network("203.0.113.10/32"),),
)


SALES = Application(voice_url="http://app.test/sales", account_sid="AC" + "1" * 32)


class Silence:
    """The sound of a leg that nobody hears."""

    local_port = 20000
    on_digit = None

    def close(self) -> None:
        return


async def found_nowhere(uri: SipUri) -> list[Destination]:
    return []


class Exchange:
    """A switchboard whose media nobody needs: it is asked only what it does at the door."""

    def __init__(self) -> None:
        self.caps = AccountCaps()
        self.noted: list[tuple[int, str]] = []
        services = SimpleNamespace(
            store=SimpleNamespace(healthy=True, account=SimpleNamespace(sid="AC" + "0" * 32)),
            accounts=AccountTree(),
            account_caps=self.caps,
            notifications=SimpleNamespace(add=lambda code, words, **_: self.noted.append((code, words))),
            metrics=Metrics(),
            plane=SimpleNamespace(open_leg=lambda *_: Silence()),
            settings=SimpleNamespace(dial=SimpleNamespace(direct_call_limit=3600.0)),
        )
        self.admission = Admission(calls_per_second=3)
        self.limits = CallLimits()
        self.switchboard = Switchboard(
            cast(CallServices, services), self.admission, LegMedia("127.0.0.1"), self.limits
        )
        config = EndpointConfig(surfaced_methods=("OPTIONS", "REGISTER", "REFER", "NOTIFY"))
        self.stack = VirtualStack(self.switchboard.receive, config)
        requests = SipRequests(self.stack, self.stack.endpoint)
        clients = ClientDirectory([client(), client("bob"), client("closed", status=0)])
        numbers = itertools.count(1)
        authenticator = Authenticator(
            REALM, clients.find, NonceIssuer(b"k"), lambda: f"n{next(numbers)}", SourceBans(3)
        )
        self.registrar = Registrar(requests, authenticator, clients, MemoryBindings(), resolve=found_nowhere)
        trunks = self.trunks = TrunkDirectory((TRUNK,))
        callers = CallerIdentification(
            authenticator, clients, trunks, self.registrar.knows, lambda row: self.application
        )
        self.application: Application | None = None
        peers = SimpleNamespace(
            clients=clients,
            callers=callers,
            registrar=self.registrar,
            trunks=trunks,
            application=self._application,
        )
        self.switchboard.attach(requests, cast(Peers, peers))
        self.callers = callers
        self.plans: list[object] = []
        self.payers: list[str] = []
        self.dialled: list[str] = []
        self.forwarded_from: list[str] = []
        self.callers_told: list[tuple[str, bool]] = []
        """From as applications are told it, and whether it is private."""
        self.store_fault: StoreError | None = None
        self.switchboard._start = self._note_plan  # type: ignore[method-assign, assignment]
        self.switchboard.router = Router(
            registered=lambda login: login == "bob", trunks=trunks, asks_for_credentials=True
        )
        self._calls = itertools.count(1)

    async def _application(self, sid: str, account_sid: str, parameters: Parameters) -> Application | None:
        if self.store_fault is not None:
            raise self.store_fault
        return replace(SALES, parameters=parameters) if account_sid == "AC2" and sid == "AP1" else None

    def _note_plan(self, caller: CallerDetails, leg: SipLeg, plan: object, *_: object) -> None:
        """Take the place of a call: note what it was to do, and refuse it."""
        self.dialled.append(caller.dialled)
        self.forwarded_from.append(caller.forwarded_from)
        self.callers_told.append((caller.from_, leg.private))
        self.plans.append(plan)
        self.payers.append(leg.payer)
        leg.reject(501)

    async def ask(self, wish: Request, flow: Flow = PHONE) -> Response:
        before = len(self.stack.all(Response))
        self.stack.deliver(wish, flow)
        await asyncio.sleep(0.01)
        return next(answer for answer in self.stack.all(Response)[before:] if answer.status >= 200)

    def wish(self, dialled: str, method: str = "INVITE", **headers: Any) -> Request:
        number = next(self._calls)
        fields = {
            "Via": f"SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK-{number};rport",
            "Call-ID": f"call-{number}",
            **headers,
        }
        return request(method, f"sip:{dialled}@example.org", fields)

    async def call(
        self, dialled: str, login: str = "alice", password: str = "secret", **headers: Any
    ) -> Response:
        """Call as a phone does that answers the challenge."""
        wish = self.wish(dialled, **headers)
        first = await self.ask(wish)
        assert first.status == 407
        return await self.ask(with_credentials(wish, challenges(first)[0], login, password))


def story(tell: Callable[[Exchange], Awaitable[None]]) -> None:
    async def main() -> None:
        exchange = Exchange()
        await tell(exchange)
        await exchange.registrar.stop()

    run_virtual(main())


async def rung(
    exchange: Exchange,
    number: str,
    beside: SipLeg | None = None,
    target: Target | None = None,
    *,
    private: bool = False,
    forwarded_to: str = "",
) -> OutgoingLeg:
    """Ring a number, or another target, as a Dial of a call to it does; return the leg when it has ended."""
    reach = exchange.switchboard.reach
    row = CallRow(
        sid="CA1",
        account_sid="AC2",
        instance_sid="ID1",
        from_="+1305",
        to=number,
        direction="outbound-dial",
        status=CallStatus.QUEUED,
    )
    target = target or NumberTarget(number=number, headers=(("X-Ticket", "12"),))
    if forwarded_to:
        at_phone = Way(request_uri="sip:alice@192.0.2.10", route=PHONE, headers=())
        moved = response(302, headers={"Contact": f"<sip:{forwarded_to}@example.org>"})
        ways = await reach.redirected(at_phone, target, "+1305", moved)
    else:
        (place,) = await reach.find(target, "+1305", row, private=private)
        ways = list(place.ways)
    leg = reach.make_leg(ways[0], row, beside)
    leg.invite()
    await asyncio.wait_for(asyncio.shield(leg.ended), 5)
    return leg


@pytest.mark.hostile("T7", sent="INVITE to known and unknown names")
@pytest.mark.parametrize("dialled", ["bob", "nobody", "+4930"])
def test_t7_a_stranger_is_asked_the_same_whomever_he_calls(dialled):
    async def tell(exchange: Exchange) -> None:
        answer = await exchange.ask(exchange.wish(dialled))
        assert (answer.status, answer.reason) == (407, "Proxy Authentication Required")
        assert len(answer.headers.lines("Proxy-Authenticate")) == 2

    story(tell)


@pytest.mark.hostile("T7", sent="INVITE, REGISTER and OPTIONS to 100 to 999 and to clients, as scanners do")
@pytest.mark.parametrize("method", ["INVITE", "REGISTER", "OPTIONS"])
def test_t7_a_scan_of_extensions_finds_none(method, record_property):
    """As svwar does: whoever is answered differently exists."""

    async def tell(exchange: Exchange) -> None:
        told = set()
        for name in (*map(str, range(100, 1000)), "alice", "bob", "closed"):
            to = {"To": f"<sip:{name}@example.org>", "From": f"<sip:{name}@example.org>;tag=scan"}
            answer = await exchange.ask(exchange.wish("" if method == "REGISTER" else name, method, **to))
            told.add((answer.status, answer.reason, tuple(name for name, _ in answer.headers)))
        assert len(told) == 1
        record_property("held", "903 names, known and unknown: one and the same answer, 0 found")

    story(tell)


def test_q01_a_client_that_proves_itself_may_call_a_client():
    async def tell(exchange: Exchange) -> None:
        assert (await exchange.call("bob")).status == 501

    story(tell)


def test_q04_a_client_that_proves_itself_may_call_out():
    async def tell(exchange: Exchange) -> None:
        assert (await exchange.call("+4930")).status == 501
        assert (await exchange.call("9999")).status == 404

    story(tell)


def test_a_client_may_hide_who_it_is_from_those_it_calls():
    """A telephone's key for anonymous calls changes From alone: the password says who calls."""

    async def tell(exchange: Exchange) -> None:
        hidden = {"From": '"Anonymous" <sip:anonymous@anonymous.invalid>;tag=a', "Privacy": "id"}
        assert (await exchange.call("bob", **hidden)).status == 501
        assert (await exchange.call("bob", "bob", **hidden)).status == 501
        assert (await exchange.call("bob", "alice", "guess", **hidden)).status == 403
        assert exchange.callers_told == [("alice", True), ("bob", True)]

    story(tell)


def test_a_number_that_is_hosted_here_knows_who_calls_it_in_private():
    async def tell(exchange: Exchange) -> None:
        exchange.switchboard.router = Router([NumberRoute(SALES, number="1111")])
        await rung(exchange, "1111", private=True)
        await rung(exchange, "1111")
        assert exchange.callers_told == [("+1305", True), ("+1305", False)]
        hidden, shown = [message for message in exchange.stack.all(Request) if message.method == "INVITE"]
        assert (hidden.from_.uri.username, shown.from_.uri.username) == ("anonymous", "+1305")
        assert "1305" not in (hidden.headers.get("Contact") or "")

    story(tell)


@pytest.mark.parametrize(
    ("headers", "number"),
    [
        ({"To": "<sip:+4930111@carrier.example.com>"}, "+4930111"),
        ({"P-Called-Party-ID": "<sip:+4930222;cpc=x@carrier>", "To": "<sip:+4930111@carrier>"}, "+4930222"),
        ({"P-Called-Party-ID": "broken <", "To": "<sip:+4930111@carrier>"}, "+4930111"),
        ({"To": "<sip:4930@carrier.example.com>"}, "4930"),
        ({"To": "<sip:carrier.example.com>"}, "4930"),
    ],
)
def test_a_carrier_calls_the_name_that_we_registered_and_says_beside_it_which_number_was_called(
    headers: dict[str, str], number: str
):
    async def tell(exchange: Exchange) -> None:
        exchange.trunks.trunks = (replace(TRUNK, register=True, login=Login("4930", "secret")),)
        exchange.switchboard.router = Router([NumberRoute(SALES, pattern=".*")])
        await exchange.ask(exchange.wish("4930", **headers), CARRIER)
        await exchange.ask(exchange.wish("+4930999", **headers), CARRIER)
        assert exchange.dialled == [number, "+4930999"]
        exchange.switchboard.router = Router([NumberRoute(SALES, number="4930")])
        await exchange.ask(exchange.wish("4930", **headers), CARRIER)
        assert exchange.dialled[-1] == "4930"

    story(tell)


@pytest.mark.parametrize(
    ("dialled", "status", "plan"),
    [
        ("1111", 501, SALES),
        ("+4930", 501, NumberTarget(number="+4930")),
        ("bob", 501, ClientTarget(login="bob")),
        ("9999", 404, None),
    ],
)
def test_a_telephone_that_forwards_reaches_what_its_client_may_call(
    dialled: str, status: int, plan: Application | NumberTarget | ClientTarget | None
):
    async def tell(exchange: Exchange) -> None:
        exchange.switchboard.router = Router(
            [NumberRoute(SALES, number="1111")],
            registered=lambda login: login == "bob",
            trunks=exchange.trunks,
        )
        leg = await rung(exchange, "", target=ClientTarget(login="alice"), forwarded_to=dialled)
        assert leg.status == status
        if plan is not None:
            (found,) = exchange.plans
            if isinstance(found, DialRequest):
                assert [replace(target, headers=()) for target in found.targets] == [plan]
            else:
                assert found is plan
            assert exchange.payers == ["alice"]
            assert exchange.callers_told == [("+1305", False)]
            assert exchange.forwarded_from == ["alice"]

    story(tell)


def test_headers_of_ours_are_not_passed_on_beside_those_of_the_new_leg():
    async def tell(exchange: Exchange) -> None:
        exchange.switchboard.router = Router([NumberRoute(SALES, number="1111")])
        headers = (("X-RestComm-CallSid", "CA-of-the-caller"), ("X-Ticket", "12"))
        await rung(exchange, "1111", target=NumberTarget(number="1111", headers=headers))
        invite = exchange.stack.all(Request)[0]
        assert invite.headers.lines("X-RestComm-CallSid") == ["CA1"]
        assert invite.headers.get("X-Ticket") == "12"

    story(tell)


def test_telephones_that_forward_to_each_other_have_few_hops():
    async def tell(exchange: Exchange) -> None:
        await rung(exchange, "", target=ClientTarget(login="alice"), forwarded_to="bob")
        invite = exchange.stack.all(Request)[0]
        assert invite.max_forwards == 60

    story(tell)


def test_a_caller_whose_number_the_trunk_vouches_for_in_private_stays_private():
    async def tell(exchange: Exchange) -> None:
        exchange.switchboard.router = Router([NumberRoute(SALES, number="1111")])
        fields = {
            "From": "<sip:anonymous@anonymous.invalid>;tag=a",
            "P-Asserted-Identity": "<sip:+4930@carrier.example.com>",
            "Privacy": "id",
        }
        await exchange.ask(exchange.wish("1111", **fields), CARRIER)
        await exchange.ask(exchange.wish("1111", From="<sip:+4931@carrier.example.com>;tag=a"), CARRIER)
        assert exchange.callers_told == [("+4930", True), ("+4931", False)]

    story(tell)


@pytest.mark.parametrize(
    ("login", "password"), [("alice", "guess"), ("nobody", "guess"), ("bob", "secret"), ("closed", "secret")]
)
def test_wrong_credentials_and_those_of_another_are_refused_alike(login, password):
    async def tell(exchange: Exchange) -> None:
        assert (await exchange.call("bob", login, password)).status == 403

    story(tell)


def test_t13_a_client_begins_no_more_calls_in_a_minute_than_allowed():
    async def tell(exchange: Exchange) -> None:
        exchange.limits.in_a_while = 2
        assert [(await exchange.call("+4930")).status for _ in range(2)] == [501, 501]
        await asyncio.sleep(2)
        refused = await exchange.call("+4930")
        assert (refused.status, refused.headers.get("Retry-After")) == (503, "5")
        await asyncio.sleep(60)
        assert (await exchange.call("+4930")).status == 501

    story(tell)


@pytest.mark.hostile("T13", sent="calls of one account's client, one after another")
def test_t13_an_account_at_its_limit_answers_503_and_is_told_once_a_minute():
    async def tell(exchange: Exchange) -> None:
        exchange.caps.calls.at_once = 1
        exchange.caps.calls.started("AC" + "0" * 32)
        refused = await exchange.call("+4930")
        assert (refused.status, refused.headers.get("Retry-After")) == (503, "5")
        await exchange.call("+4930")
        ((code, words),) = exchange.noted
        assert code == CAPPED
        assert words.endswith("wait, see who calls, or raise [limits] calls_per_account")
        exchange.caps.calls.ended("AC" + "0" * 32)
        await asyncio.sleep(1)
        assert (await exchange.call("+4930")).status == 501

    story(tell)


@pytest.mark.hostile("T13", sent="INVITE of a stranger to numbers abroad")
@pytest.mark.parametrize("dialled", ["+4930", "0090012345", "bob", "+1 900 555 0123"])
def test_t13_a_stranger_never_gets_out_through_a_trunk(dialled):
    async def tell(exchange: Exchange) -> None:
        wish = exchange.wish(dialled.replace(" ", "%20"))
        assert (await exchange.ask(wish)).status == 407
        assert exchange.plans == []

    story(tell)


def test_a_source_that_guesses_is_banned():
    async def tell(exchange: Exchange) -> None:
        for _ in range(3):
            await exchange.call("bob", "alice", "guess")
            await asyncio.sleep(1)
        assert (await exchange.ask(exchange.wish("bob"))).status == 403

    story(tell)


def test_a_challenge_does_not_count_as_a_call():
    async def tell(exchange: Exchange) -> None:
        for _ in range(10):
            assert (await exchange.ask(exchange.wish("bob"))).status == 407

    story(tell)


def test_q07_a_trunk_reaches_clients_without_being_asked():
    async def tell(exchange: Exchange) -> None:
        assert (await exchange.ask(exchange.wish("bob"), CARRIER)).status == 501
        wish = exchange.wish("+4930", From="<sip:+1555@carrier>;tag=1")
        assert (await exchange.ask(wish, CARRIER)).status == 404

    story(tell)


def test_a_phone_in_a_trunks_network_may_prove_itself():
    async def tell(exchange: Exchange) -> None:
        wish = exchange.wish("+4930")
        first = await exchange.ask(wish, CARRIER)
        assert first.status == 407
        proof = with_credentials(wish, challenges(first)[0])
        assert (await exchange.ask(proof, CARRIER)).status == 501

    story(tell)


def test_a_registered_phone_is_asked_also_before_it_reaches_a_number():
    async def tell(exchange: Exchange) -> None:
        exchange.switchboard.router.default = Application(voice_url="http://app.test/")
        wish = exchange.wish("x", "REGISTER", To="<sip:alice@example.org>", Contact="<sip:alice@192.0.2.10>")
        first = await exchange.ask(wish)
        assert (await exchange.ask(with_credentials(wish, challenges(first)[0]))).status == 200
        assert (await exchange.ask(exchange.wish("1111"))).status == 407

    story(tell)


def test_while_draining_nobody_registers():
    async def tell(exchange: Exchange) -> None:
        exchange.admission.draining = True
        answer = await exchange.ask(exchange.wish("x", "REGISTER"))
        assert (answer.status, answer.headers.get("Retry-After")) == (503, "5")

    story(tell)


@pytest.mark.hostile("T8", sent="OPTIONS, REGISTER and INVITE of a scanner")
@pytest.mark.parametrize("method", ["OPTIONS", "REGISTER", "INVITE"])
def test_t8_no_answer_tells_a_scanner_what_we_are(method):
    async def tell(exchange: Exchange) -> None:
        answer = await exchange.ask(exchange.wish("bob", method))
        assert not {"server", "user-agent", "organization", "warning"} & {
            name.lower() for name, _ in answer.headers
        }

    story(tell)


@pytest.mark.hostile("T11", sent="SUBSCRIBE, PUBLISH, REFER, NOTIFY of a stranger outside calls")
@pytest.mark.parametrize(
    ("method", "status"),
    [
        *((method, 405) for method in ("SUBSCRIBE", "PUBLISH")),
        ("OPTIONS", 200),
        ("REFER", 404),
        ("NOTIFY", 481),
    ],
)
def test_t11_nothing_else_is_taken_from_strangers(method, status):
    async def tell(exchange: Exchange) -> None:
        assert (await exchange.ask(exchange.wish("bob", method))).status == status

    story(tell)


def test_a_number_hosted_here_is_called_without_a_network_and_costs_a_hop():
    async def tell(exchange: Exchange) -> None:
        exchange.switchboard.router = Router([NumberRoute(SALES, number="+1555")])
        leg = await rung(exchange, "+1555")
        assert leg.status == 501
        assert exchange.plans == [SALES]
        (invite,) = [each for each in exchange.stack.all(Request) if each.method == "INVITE"]
        assert (invite.uri_text, invite.max_forwards) == ("sip:+1555@localhost", 70)
        assert invite.headers.get("X-Ticket") == "12"
        assert invite.from_.uri.username == "+1305"
        assert {route for _, route in exchange.stack.sent} == {CALLING, CALLED}
        behind = await rung(exchange, "+1555", beside=leg)
        assert behind.hops_left == 69
        assert len(exchange.callers.own_calls) == 0

    story(tell)


def test_who_pays_for_a_client_pays_for_what_its_call_dials_here():
    async def tell(exchange: Exchange) -> None:
        exchange.switchboard.router = Router([NumberRoute(SALES, number="+1555")])
        first = await rung(exchange, "+1555")
        first.payer = "alice"
        await rung(exchange, "+1555", beside=first)
        assert exchange.payers == ["", "alice"]

    story(tell)


@pytest.mark.parametrize(("copied", "dialled"), [(False, "AP1"), (True, "+1999")])
def test_an_application_is_called_by_its_sid_and_told_parameters(copied, dialled):
    async def tell(exchange: Exchange) -> None:
        told = ApplicationTarget(sid="AP1", parameters=(("a", "1"),), copy_parent_to=copied)
        await rung(exchange, "+1999", target=told)
        parameters = (("CustomerId", "AC2"), ("Param_a", "1"))
        assert exchange.plans == [replace(SALES, parameters=parameters)]
        (invite,) = [each for each in exchange.stack.all(Request) if each.method == "INVITE"]
        assert invite.uri_text == f"sip:{dialled}@localhost"

    story(tell)


def test_an_application_that_the_account_does_not_have_is_not_reached():
    async def tell(exchange: Exchange) -> None:
        with pytest.raises(Unreachable, match="account AC2 has no application AP9"):
            await rung(exchange, "+1999", target=ApplicationTarget(sid="AP9"))

    story(tell)


def test_an_application_that_the_store_cannot_tell_of_is_not_reached():
    async def tell(exchange: Exchange) -> None:
        exchange.store_fault = StoreError("disk I/O error")
        with pytest.raises(Unreachable, match="AP1 cannot be looked up: disk I/O error"):
            await rung(exchange, "+1999", target=ApplicationTarget(sid="AP1"))

    story(tell)


def test_our_own_calls_are_refused_at_the_limits_of_calls():
    async def tell(exchange: Exchange) -> None:
        exchange.switchboard.router = Router([NumberRoute(SALES, number="+1555")])
        exchange.admission.max_calls = exchange.admission.live = 1
        assert (await rung(exchange, "+1555")).status == 503
        exchange.admission.live = 0
        exchange.caps.calls.at_once = 1
        exchange.caps.calls.started(SALES.account_sid)
        assert (await rung(exchange, "+1555")).status == 503
        assert exchange.plans == []

    story(tell)


def test_a_live_call_may_be_led_to_another_number_while_the_server_drains():
    async def tell(exchange: Exchange) -> None:
        exchange.switchboard.router = Router([NumberRoute(SALES, number="+1555")])
        exchange.admission.draining = True
        assert (await rung(exchange, "+1555")).status == 501
        assert exchange.plans == [SALES]
        assert (await exchange.ask(exchange.wish("+1555"))).status == 503

    story(tell)


@pytest.mark.hostile("T13", sent="the INVITE of a call of ours, by a stranger: its Via, From and Call-ID")
def test_t13_a_stranger_who_writes_what_we_write_is_a_stranger():
    async def tell(exchange: Exchange) -> None:
        pending: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        exchange.callers.own_calls.made("ours", Ourselves(payer="alice", application=SALES), pending)
        wish = exchange.wish(
            "+4930",
            **{"Call-ID": "ours", "Via": "SIP/2.0/LOCAL localhost:1;branch=z9hG4bK-x;rport"},
            From="<sip:alice@localhost>;tag=1",
        )
        assert (await exchange.ask(wish)).status == 407
        assert exchange.plans == []

    story(tell)

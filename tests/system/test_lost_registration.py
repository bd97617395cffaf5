"""Row C20 of testcases.md: a client whose phone is gone loses the registration and the call."""

from __future__ import annotations

from tests.testkit.application import ApplicationPort, FakeApplication
from tests.testkit.callee import Callees
from tests.testkit.contacts import PASSWORD, Contacts
from tests.testkit.phone import Phones

CLIENTS = [{"login": "maria", "password": PASSWORD}]

SETTINGS = {"sip": {"ping_interval": 0.5}}


def numbers(port: ApplicationPort) -> list[dict[str, str]]:
    return [{"number": "3000", "voice_url": port.url("/dial")}]


async def test_c20_a_client_who_is_gone_loses_the_registration_and_the_call(
    phones: Phones, callees: Callees, contacts: Contacts, application: FakeApplication
):
    george = await callees.add()
    application.answer("/dial", f"<Response><Dial>{george.noun}</Dial></Response>")
    maria = await phones.dial("3000", login="maria", options_answer="503 Service Unavailable")
    await maria.answered()
    await george.sip.reached("answered")
    await contacts.bind("maria", maria.sip.port)
    ended = await maria.ended_by_server()
    assert ended.message.header("Reason") == 'SIP;text="Registration_Removed"'
    await george.sip.reached("byed")

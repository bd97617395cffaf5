"""Which applications an account may call: its own, and those that could answer."""

import pytest

from engine.accounts import AccountTree
from engine.config import Settings
from engine.peers.peers import Peers
from engine.peers.sip_requests import SipRequests
from engine.reporting.metrics import Metrics
from engine.store import ApplicationRow, Store
from tests.testkit.virtual_stack import VirtualStack

OURS, THEIRS = "AC" + "1" * 32, "AC" + "2" * 32
SID = "AP" + "3" * 32


@pytest.mark.parametrize(
    ("account", "url", "found"),
    [(OURS, "/welcome", True), (THEIRS, "/welcome", False), (OURS, "", False)],
    ids=["ours", "of another account", "without a document"],
)
async def test_an_account_calls_its_own_applications(store: Store, account: str, url: str, found: bool):
    await store.commit(
        ApplicationRow(
            sid=SID, account_sid=account, voice_url=url, voice_method="GET", status_callback="/told"
        )
    )
    stack = VirtualStack(lambda event: None)
    settings = Settings(http={"public_url": "http://us.test"})
    peers = Peers(settings, store, AccountTree(), SipRequests(stack, stack.endpoint), Metrics())
    application = await peers.application(SID, OURS, (("Param_a", "1"),))
    assert (application is not None) == found
    if application is not None:
        assert (application.voice_url, application.voice_method) == ("http://us.test/welcome", "GET")
        assert (application.status_callback, application.account_sid) == ("http://us.test/told", OURS)
        assert application.parameters == (("Param_a", "1"),)
    await stack.close()

import asyncio

from engine.exchange.routing import Application, Ourselves
from engine.peers.own_calls import OwnCalls
from tests.testkit.virtual_loop import run_virtual


def test_a_call_of_ours_is_known_until_it_has_ended():
    async def main() -> None:
        own, ended = OwnCalls(), asyncio.get_running_loop().create_future()
        who = Ourselves(payer="alice", application=Application(voice_url="http://app.test/"))
        own.made("call-1", who, ended)
        assert own.caller("call-1") is who
        ended.set_result(None)
        await asyncio.sleep(0)
        assert own.caller("call-1") == Ourselves()
        assert len(own) == 0

    run_virtual(main())

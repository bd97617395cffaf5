"""Every example runs as its first comment says, and does what it promises."""

import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.testkit.baresip import BARESIP, Baresip
from tests.testkit.callee import Callee, Callees
from tests.testkit.daemon import ACCOUNT_SID, AUTH_TOKEN, ROOT, Daemon
from tests.testkit.outside_sound import RATE, seconds_of_sound, seconds_of_tone, tone
from tests.testkit.phone import Call, Phones
from tests.testkit.ports import free_port
from tests.testkit.sip_texts import Writers, WritingScenario
from tests.testkit.spoken import spoken as saying
from tests.testkit.waiting import eventually, eventually_blocking

EXAMPLES = sorted(path.stem for path in (ROOT / "examples").glob("*.py"))
APPLICATION_PORT = free_port()
BEEP = 1000
"""Hertz of the tone before a recording."""
CLIENTS = [{"login": "bob", "password": "wonderland7"}]
ARGUMENTS = ("--app", f"http://127.0.0.1:{APPLICATION_PORT}/")


@contextmanager
def running(name: str, log_file: Path, settings: Mapping[str, str]) -> Iterator[None]:
    """Run an example as a process until it answers HTTP; `settings` go to its environment."""
    environment = {"PORT": str(APPLICATION_PORT), "PATH": "", "PYTHONUNBUFFERED": "1", **settings}
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "examples" / f"{name}.py")], env=environment, stdout=log, stderr=log
        )
    try:
        eventually_blocking(
            lambda: _answers(process), 15.0, f"{name} answers HTTP", context=lambda: log_file.read_text()
        )
        yield
        assert process.poll() is None, log_file.read_text()
        assert "Traceback" not in log_file.read_text(), log_file.read_text()
    finally:
        process.kill()
        process.wait()


def _answers(process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, "the example ended"
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{APPLICATION_PORT}/", timeout=2).close()
    except urllib.error.HTTPError as error:
        error.close()
        return True
    except OSError:
        return False
    return True


@pytest.fixture
def example(tmp_path: Path) -> Iterator[Callable[..., None]]:
    """Start examples by name, with settings as keywords; they end with the test."""
    with ExitStack() as stack:
        yield lambda name, **settings: stack.enter_context(running(name, tmp_path / f"{name}.log", settings))


async def spoken(call: Call, since: float = 0.0, least: float = 0.5) -> None:
    """Wait until something has been said to the caller for `least` seconds."""
    await eventually(
        lambda: seconds_of_sound(call.voice.heard(since)) >= least,
        10.0,
        "the caller is spoken to",
        context=call.voice.description,
    )


def test_each_example_is_run_by_a_test():
    tests = Path(__file__).read_text()
    assert EXAMPLES
    assert [name for name in EXAMPLES if f'example("{name}"' not in tests] == []


def test_each_example_is_short_and_begins_with_its_command_and_what_to_dial():
    for name in EXAMPLES:
        lines = (ROOT / "examples" / f"{name}.py").read_text().splitlines()
        assert len(lines) < 60
        assert lines[0].startswith(f"# Run: python examples/{name}.py")
        assert lines[1].startswith("# Dial: sip:")


async def test_signed_events_takes_what_is_signed_alone(phones: Phones, example):
    example("signed_events", TOKEN=AUTH_TOKEN)
    call = await (await phones.dial("anything")).answered()
    await call.ended_by_server()
    assert seconds_of_sound(call.voice.heard()) > 0.5
    async with aiohttp.ClientSession() as session:
        forged = await session.post(f"http://127.0.0.1:{APPLICATION_PORT}/", data={"CallSid": "CA1"})
    assert forged.status == 403


async def test_hello_speaks_and_hangs_up(phones: Phones, example):
    example("hello")
    call = await (await phones.dial("hello")).answered()
    await call.ended_by_server()
    assert seconds_of_sound(call.voice.heard()) > 0.8


async def test_the_conference_begins_with_the_host_who_ends_it_by_leaving(phones: Phones, example):
    example("conference")
    guest, host = [
        await (await phones.dial("room-7", from_user=user)).answered() for user in ("guest", "host")
    ]
    guest.voice.say_nowait(tone(700, 30.0))
    await host.voice.hears(700, 0.5, within=20.0)
    await host.voice.press("*")
    await spoken(guest, since=guest.voice.received[-1].at)
    await guest.ended_by_server(within=8.0)
    await host.ended_by_server(within=8.0)


async def test_the_support_queue_connects_an_agent_with_one_caller_after_another(phones: Phones, example):
    example("support_queue")
    caller = await (await phones.dial("support")).answered()
    await spoken(caller)
    agent = await (await phones.dial("agent")).answered()
    caller.voice.say_nowait(tone(700, 30.0))
    await agent.voice.hears(700, 0.5)
    await agent.voice.press("*")
    second = await (await phones.dial("support")).answered()
    second.voice.say_nowait(tone(1500, 30.0))
    await agent.voice.hears(1500, 0.5)
    await agent.hang_up()
    await caller.ended_by_server()
    await second.ended_by_server()


async def test_the_menu_answers_keys_and_ends_on_zero(phones: Phones, example):
    example("menu")
    call = await (await phones.dial("menu")).answered()
    await spoken(call)
    await call.voice.press("1")
    await spoken(call, since=call.voice.received[-1].at, least=2.0)
    await call.voice.press("0")
    await call.ended_by_server(within=6.0)


async def test_the_pin_check_lets_the_right_pin_in(phones: Phones, example):
    example("pin_check")
    call = await (await phones.dial("bank")).answered()
    await call.voice.press("1357")
    await spoken(call, since=call.voice.received[-1].at)
    await call.voice.press("2468")
    await call.ended_by_server(within=8.0)


async def test_the_pin_check_ends_after_three_wrong_pins(phones: Phones, example):
    example("pin_check")
    call = await (await phones.dial("bank")).answered()
    for _ in range(3):
        await call.voice.press("0000")
        await spoken(call, since=call.voice.received[-1].at)
    await call.ended_by_server(within=8.0)


async def test_voicemail_plays_the_message_back_and_keeps_it_for_its_owner(phones: Phones, example):
    example("voicemail")
    call = await (await phones.dial("alice")).answered()
    await call.voice.hears(BEEP, 0.4, within=8.0)
    await call.voice.say(tone(450, 1.0))
    await call.voice.press("#")
    await call.voice.hears(450, 0.9, within=8.0)
    await call.hang_up()
    owner = await (await phones.dial("inbox")).answered()
    await owner.ended_by_server(within=15.0)
    assert seconds_of_tone(owner.voice.heard(), 450) == pytest.approx(1.0, abs=0.15)


async def test_the_echo_agent_is_heard_through_its_stream_and_ends_on_zero(phones: Phones, example):
    example("echo_agent")
    call = await (await phones.dial("echo")).answered()
    # Long enough that some of it comes after the stream is open, however long that takes.
    call.voice.say_nowait(tone(450, 4.0))
    await call.voice.hears(450, 0.8, within=8.0)
    await call.voice.press("0")
    await call.ended_by_server(within=15.0)
    heard = call.voice.heard()
    assert seconds_of_sound(heard) - seconds_of_tone(heard, 450) > 0.8, "nobody said goodbye"


async def test_the_relay_agent_greets_and_answers_what_is_said(phones: Phones, example):
    example("relay_agent")
    call = await (await phones.dial("agent")).answered()
    await spoken(call)
    # It interrupts the greeting, which takes two seconds.
    await call.voice.say(await saying("opening hours", silence=(0.0, 0.3)))
    asked = call.voice.received[-1].at
    await eventually(lambda: seconds_of_sound(call.voice.heard(asked)) > 0.8, 8.0, "the hours are told")
    await call.hang_up()


async def test_music_on_hold_plays_until_a_key_is_pressed(phones: Phones, example):
    example("music_on_hold")
    call = await (await phones.dial("desk")).answered()
    for note in (400, 500, 600, 800):
        await call.voice.hears(note, 0.2, within=8.0)
    # The first note lasts 0.4 seconds: the tune has begun again.
    await call.voice.hears(400, 0.5, within=8.0)
    await call.voice.press("5")
    await call.ended_by_server(within=8.0)


async def screened(phones: Phones, callees: Callees, example) -> tuple[Call, Callee]:
    """Let a caller come as far as the desk being told who calls."""
    desk = await callees.add()
    example("call_screening", DESK=desk.uri)
    call = await (await phones.dial("desk", display_name="Bob Brown")).answered()
    await desk.invited()
    await eventually(lambda: seconds_of_sound(desk.voice.heard()) > 0.5, 15.0, "the desk is asked")
    return call, desk


async def test_call_screening_connects_a_desk_that_presses_one(phones: Phones, callees: Callees, example):
    call, desk = await screened(phones, callees, example)
    await desk.voice.press("1")
    call.voice.say_nowait(tone(700, 4))
    desk.voice.say_nowait(tone(1500, 4))
    await desk.voice.hears(700, 0.5)
    await call.voice.hears(1500, 0.5)
    await desk.sip.hang_up()
    await call.ended_by_server()


async def test_call_screening_tells_a_caller_whom_the_desk_declines(
    phones: Phones, callees: Callees, example
):
    call, desk = await screened(phones, callees, example)
    await desk.voice.press("2")
    await desk.sip.reached("byed")
    declined = call.voice.received[-1].at
    await call.ended_by_server(within=15.0)
    assert seconds_of_sound(call.voice.heard(declined)) > 1.0


async def test_sequential_dial_rings_the_second_desk_when_the_first_does_not_answer(
    phones: Phones, callees: Callees, example
):
    first, second = await callees.add(waits=True), await callees.add()
    example("sequential_dial", DESKS=f"{first.uri} {second.uri}", RING_SECONDS="1")
    call = await (await phones.dial("sales")).answered()
    await first.sip.reached("ringing")
    assert second.sip.steps == []
    await first.sip.reached("cancelled")
    await second.invited()
    second.voice.say_nowait(tone(1500, 2))
    await call.voice.hears(1500, 0.5)
    await second.sip.hang_up()
    await call.ended_by_server()


async def test_sequential_dial_takes_a_message_when_nobody_is_free(
    phones: Phones, callees: Callees, example, tmp_path: Path
):
    desks = [await callees.add("486 Busy Here"), await callees.add("500 Server Error")]
    example("sequential_dial", DESKS=" ".join(desk.uri for desk in desks))
    call = await (await phones.dial("sales")).answered()
    await call.voice.hears(BEEP, 0.4, within=15.0)
    await call.voice.say(tone(450, 0.6))
    await call.voice.press("#")
    await call.ended_by_server(within=15.0)
    assert "bob has left a message: http" in (tmp_path / "sequential_dial.log").read_text()


async def test_click_to_call_rings_the_agent_and_then_the_visitor(
    daemon: Daemon, callees: Callees, example: Callable[..., None]
):
    agent, visitor = await callees.add(), await callees.add()
    account = {"DIALPLANE_ACCOUNT__SID": ACCOUNT_SID, "DIALPLANE_ACCOUNT__AUTH_TOKEN": AUTH_TOKEN}
    example("click_to_call", DIALPLANE_URL=daemon.http, AGENT=agent.uri, **account)
    page = f"http://127.0.0.1:{APPLICATION_PORT}"
    async with aiohttp.ClientSession() as browser:
        async with browser.post(f"{page}/call", data={"customer": visitor.uri}) as answer:
            assert "We are calling you: CA" in await answer.text()
        await agent.answered()
        await visitor.answered()
        agent.voice.say_nowait(tone(700, 2))
        await visitor.voice.hears(700, 0.5)
        await visitor.sip.hang_up()
        await agent.hung_up_on()


async def test_the_autoreply_answers_texts_and_writes_to_callers(
    daemon: Daemon, phones: Phones, example, tmp_path: Path
):
    example("sms_autoreply")
    writers = Writers(daemon.sip, tmp_path)
    writing = WritingScenario("desk", "Hours", "bob")
    async with writers.client("bob", "wonderland7") as bob:
        assert (await writers.write(writing)).status == 202
        assert "from nine to five" in (await bob.text()).body
    async with writers.client("bob", "wonderland7") as bob:
        call = await phones.dial("desk")
        assert "from nine to five" in (await bob.text()).body
        await call.answered()
        await call.hang_up()


@pytest.mark.skipif(BARESIP is None, reason="baresip is not installed")
@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_baresip_leaves_a_message_and_hears_it(daemon: Daemon, example, tmp_path: Path, transport: str):
    example("voicemail")
    target = f"sip:alice@{daemon.sip[0]}:{daemon.sip[1]}"
    async with Baresip(tmp_path / "baresip", tone(450, 60.0), transport=transport) as phone:
        await phone.dial(target)
        await eventually(
            lambda: seconds_of_tone(phone.heard(), BEEP) > 0.4, 10.0, "the beep is heard", context=phone.story
        )
        beeped = len(phone.heard())
        await eventually(
            lambda: len(phone.heard()) > beeped + 1.2 * RATE, 10.0, "a message is spoken", context=phone.story
        )
        await phone.press("#")
        await eventually(
            lambda: seconds_of_tone(phone.heard(), 450) > 0.8,
            10.0,
            "baresip hears itself",
            context=phone.story,
        )
        await phone.hang_up()
    await daemon.clean()

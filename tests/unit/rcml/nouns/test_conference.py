"""Conference: rows of rcml.md 5.10 and 6.5."""

from typing import Any

import pytest

from rcml.call import Callback, Sound
from rcml.dialling import Beep, ConferenceRequest, RoomEvent, TalkRecording, Waiting
from rcml.flow import Fetch
from rcml.nouns.conference import Conference
from rcml.parser import parse_xml
from rcml.values import HttpMethod, Url
from rcml.verbs.dial import Dial
from tests.testkit.scripted_call import ScriptedCall, run


def joined(attributes: str = "", dial: str = "", **script: Any) -> tuple[ConferenceRequest, list[int]]:
    call = ScriptedCall(**script)
    run(call, f"<Response><Dial {dial}><Conference {attributes}>room</Conference></Dial></Response>")
    (request,) = call.joined_with
    return request, call.codes


def test_defaults_are_those_of_the_manual():
    assert joined() == (
        ConferenceRequest(
            room="room",
            muted=False,
            beep=Beep.BOTH,
            start_on_enter=True,
            end_on_exit=False,
            wait=Waiting.MUSIC,
            max_participants=40,
            time_limit=14400,
            recording=None,
            status_callback=None,
        ),
        [],
    )


def test_every_attribute_reaches_the_room():
    request, codes = joined(
        'muted="true" startConferenceOnEnter="false" endConferenceOnExit="true" participantLabel="boss"'
        ' coach="CA1" maxParticipants="3" agc="true" noiseGate="true"',
        'timeLimit="50" hangupOnStar="true"',
    )
    assert codes == []
    assert request == ConferenceRequest(
        room="room",
        muted=True,
        start_on_enter=False,
        end_on_exit=True,
        label="boss",
        coach="CA1",
        agc=True,
        noise_gate=True,
        max_participants=3,
        time_limit=50,
        hangup_on_star=True,
    )


@pytest.mark.parametrize(
    ("written", "beep"),
    [("true", Beep.BOTH), ("FALSE", Beep.NEVER), ("onEnter", Beep.ON_ENTER), ("onexit", Beep.ON_EXIT)],
)
def test_a_beep_is_heard_at_coming_going_both_or_never(written: str, beep: Beep):
    request, codes = joined(f'beep="{written}"')
    assert (request.beep, codes) == (beep, [])


@pytest.mark.parametrize(
    ("attribute", "code", "field", "taken"),
    [
        ('muted="yes"', 13230, "muted", False),
        ('endConferenceOnExit="yes"', 13231, "end_on_exit", False),
        ('startConferenceOnEnter="yes"', 13232, "start_on_enter", False),
        ('beep="yes"', 13235, "beep", Beep.NEVER),
        ('record="maybe"', 12200, "recording", None),
        ('maxParticipants="0"', 12200, "max_participants", 40),
        ('maxParticipants="x"', 12200, "max_participants", 40),
        ('maxParticipants="250"', 12200, "max_participants", 100),
    ],
)
def test_an_invalid_value_has_a_stand_in_and_its_warning(
    attribute: str, code: int, field: str, taken: object
):
    request, codes = joined(attribute)
    assert (getattr(request, field), codes) == (taken, [code])


@pytest.mark.parametrize("limit", [1, 40, 100])
def test_a_room_holds_up_to_a_hundred(limit: int):
    assert joined(f'maxParticipants="{limit}"')[0].max_participants == limit


def test_without_a_wait_url_the_servers_music_is_heard():
    assert joined()[0].wait is Waiting.MUSIC


def test_an_empty_wait_url_is_silence():
    assert joined('waitUrl=""') == (ConferenceRequest(room="room", wait=Waiting.SILENCE), [])


@pytest.mark.parametrize("url", ["/hold.wav", "/hold.WAV?x=1", "http://app.test/a/wav"])
def test_a_wait_url_whose_path_ends_in_wav_is_played_without_end(url: str):
    wait = joined(f'waitUrl="{url}"')[0].wait
    assert isinstance(wait, Sound)
    assert wait.loops == 0


@pytest.mark.parametrize(("method", "meant"), [("", HttpMethod.POST), ('waitMethod="GET"', HttpMethod.GET)])
def test_another_wait_url_is_requested_as_a_document(method: str, meant: HttpMethod):
    assert joined(f'waitUrl="/wait?f=a.wav" {method}')[0].wait == Fetch(
        Url("http://app.test/wait?f=a.wav"), meant
    )


def test_an_invalid_wait_method_is_post_with_warning_13234():
    request, codes = joined('waitUrl="/wait" waitMethod="PUT"')
    assert (request.wait, codes) == (Fetch(Url("http://app.test/wait")), [13234])


def test_a_wait_url_that_is_none_ends_the_call_with_13233():
    call = ScriptedCall()
    run(call, '<Response><Dial><Conference waitUrl="http://">room</Conference></Dial></Response>')
    assert (call.codes, call.joined_with) == ([13233], [])


@pytest.mark.parametrize(
    ("attributes", "dial", "recorded"),
    [
        ("", "", False),
        ('record="record-from-start"', "", True),
        ('record="true"', "", True),
        ('record="do-not-record"', "", False),
        ('record="FALSE"', "", False),
        ("", 'record="true"', True),
    ],
)
def test_a_room_is_recorded_when_the_noun_or_dial_says_so(attributes: str, dial: str, recorded: bool):
    assert joined(attributes, dial)[0].recording == (TalkRecording() if recorded else None)


def test_a_room_says_itself_how_its_recording_is_cut_and_told():
    request, _ = joined(
        'record="record-from-start" trim="trim-silence" recordingStatusCallback="/room"'
        ' recordingStatusCallbackMethod="GET" recordingStatusCallbackEvent="in-progress absent"',
        'recordingStatusCallback="/dial"',
    )
    callback = Callback(url="http://app.test/room", method=HttpMethod.GET, events=("in-progress", "absent"))
    assert request.recording == TalkRecording(trim_silence=True, status_callback=callback)


def test_the_recording_of_a_room_is_told_as_dial_says():
    request, _ = joined('record="true"', 'recordingStatusCallback="/r" trim="trim-silence"')
    callback = Callback(url="http://app.test/r", events=("completed",))
    assert request.recording == TalkRecording(trim_silence=True, status_callback=callback)


def test_a_room_tells_start_end_join_and_leave_by_default():
    request, _ = joined('statusCallback="/room"')
    assert request.status_callback == Callback(
        url="http://app.test/room", events=("start", "end", "join", "leave")
    )


def test_the_old_name_of_the_callback_counts_where_the_new_one_is_absent():
    told = "http://app.test/room"
    for attributes in ('eventCallbackUrl="/room"', 'eventCallbackUrl="/old" statusCallback="/room"'):
        request, _ = joined(attributes)
        assert request.status_callback is not None
        assert request.status_callback.url == told


def test_a_room_tells_what_it_is_asked_to():
    every = " ".join(event.value for event in RoomEvent)
    request, _ = joined(f'statusCallback="/room" statusCallbackMethod="GET" statusCallbackEvent="{every}"')
    assert request.status_callback is not None
    assert request.status_callback.method is HttpMethod.GET
    assert request.status_callback.events == tuple(every.split())


def test_a_room_needs_a_name():
    document = parse_xml("<Dial><Conference/><Number>100</Number></Dial>", "")
    (dial,) = document.verbs
    assert isinstance(dial, Dial)
    assert dial.nouns[0] == Conference()
    call = ScriptedCall()
    run(call, document)
    assert (call.joined_with, len(call.dialled_with)) == ([], 1)

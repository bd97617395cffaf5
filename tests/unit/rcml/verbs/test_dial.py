"""Dial, what it asks for: rows of rcml.md 5.6."""

import pytest

from rcml.call import Callback, Sound
from rcml.dialling import (
    ClientTarget,
    DialRequest,
    NumberTarget,
    RecordingTrack,
    RingTone,
    SipTarget,
    TalkRecording,
)
from rcml.errors import RcmlError
from rcml.flow import Fetch
from rcml.interpreter import Outcome
from rcml.parser import parse_xml
from rcml.values import HttpMethod, Url
from tests.testkit.scripted_call import START, ScriptedCall, run

ACTION = "http://app.test/action"


def dial(attributes: str, inside: str) -> ScriptedCall:
    call = ScriptedCall(application={ACTION: "<Response/>"})
    run(call, f"<Response><Dial {attributes}>{inside}</Dial></Response>")
    return call


def requested(attributes: str = "", inside: str = "<Number>100</Number>") -> tuple[DialRequest, list[int]]:
    call = dial(attributes, inside)
    (request,) = call.dialled_with
    return request, call.codes


def test_defaults_are_those_of_the_manual():
    assert requested() == (
        DialRequest(
            targets=(NumberTarget(number="100"),),
            sequential=False,
            ring_limit=30,
            time_limit=14400,
            caller_id=None,
            while_ringing=RingTone(),
            answer_on_bridge=False,
            hangup_on_star=False,
            recording=None,
            refer=None,
        ),
        [],
    )


def test_every_attribute_reaches_the_call():
    request, codes = requested(
        'timeout="10" timeLimit="60" callerId="+13055872294" dialMusic="/hold.mp3" answerOnBridge="true"'
        ' hangupOnStar="true" sequential="true" referUrl="/refer" referMethod="GET"'
    )
    assert codes == []
    assert request == DialRequest(
        targets=(NumberTarget(number="100"),),
        sequential=True,
        ring_limit=10,
        time_limit=60,
        caller_id="+13055872294",
        while_ringing=Sound(url="http://app.test/hold.mp3", loops=0),
        answer_on_bridge=True,
        hangup_on_star=True,
        refer=Fetch(Url("http://app.test/refer"), HttpMethod.GET),
    )


@pytest.mark.parametrize(
    ("attributes", "code"),
    [
        ('method="PUT"', 13210),
        ('timeout="0"', 13212),
        ('timeout="soon"', 13212),
        ('timeLimit="0"', 13216),
        ('timeLimit="x"', 13216),
        ('callerId="two words"', 13214),
        ('callerId="&lt;sip:a@b&gt;"', 13214),
        ('hangupOnStar="yes"', 13213),
        ('ringTone="loud"', 13220),
        ('record="yes"', 12200),
        ('trim="hair"', 12200),
        ('sequential="yes"', 12200),
        ('answerOnBridge="yes"', 12200),
        ('recordingStatusCallbackEvent="done"', 12200),
    ],
)
def test_an_invalid_value_is_the_default_with_its_warning(attributes: str, code: int):
    document = parse_xml(f"<Dial {attributes}>100</Dial>", START)
    assert document.verbs == parse_xml("<Dial>100</Dial>", START).verbs
    assert [warning.code for warning in document.warnings] == [code]


@pytest.mark.parametrize(
    ("written", "caller"),
    [
        ("+13055872294", "+13055872294"),
        ("+1 (305) 587-2294", "+13055872294"),
        ("(305) 587 2294", "3055872294"),
        ("alice", "alice"),
        ("client:alice", "alice"),
    ],
)
def test_caller_id_is_a_number_or_a_client(written: str, caller: str):
    assert requested(f'callerId="{written}"')[0].caller_id == caller


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("+131313", NumberTarget(number="+131313")),
        ("+131313?X-A=1", NumberTarget(number="+131313", headers=(("X-A", "1"),))),
        ("client:alice", ClientTarget(login="alice")),
        ("clientele", ClientTarget(login="clientele")),
        ("sip:bob@h.test?a=1", SipTarget(uri="sip:bob@h.test", headers=(("X-a", "1"),))),
        ("bob@h.test", SipTarget(uri="sip:bob@h.test")),
    ],
)
def test_text_is_a_sip_address_with_an_at_a_client_by_its_beginning_else_a_number(text: str, target: object):
    assert requested("", text)[0].targets == (target,)


@pytest.mark.parametrize("text", ["bob", "+131313?Route=evil", "a b@c"])
def test_text_that_names_nobody_fails_at_once_with_warning_13223(text: str):
    call = dial('action="/action"', text)
    assert (call.codes, call.dialled_with) == ([13223, 12200], [])
    assert call.requests[1].parameters == {"DialCallStatus": "failed", "DialCallDuration": "0"}


def test_nouns_are_rung_in_document_order():
    inside = "<Client>alice</Client><Sip>sip:h@h.test</Sip><Number>+131313</Number><Uri>sip:i@h.test</Uri>"
    assert requested("", inside)[0].targets == (
        ClientTarget(login="alice"),
        SipTarget(uri="sip:h@h.test"),
        NumberTarget(number="+131313"),
        SipTarget(uri="sip:i@h.test"),
    )


def test_text_beside_nouns_is_ignored_with_a_warning():
    assert requested("", "<Number>100</Number>200") == (requested()[0], [12200])


def test_a_noun_that_names_nobody_is_skipped_and_the_others_are_rung():
    request, codes = requested("", "<Sip>tel:+1</Sip><Number>100</Number>")
    assert (request.targets, codes) == ((NumberTarget(number="100"),), [13243, 12200])


@pytest.mark.parametrize(("nouns", "codes"), [(10, []), (11, [12200]), (64, [12200])])
def test_more_than_ten_nouns_are_rung_with_a_warning(nouns: int, codes: list[int]):
    request, found = requested("", "<Number>100</Number>" * nouns)
    assert (len(request.targets), found) == (nouns, codes)


def test_more_than_64_nouns_are_refused():
    with pytest.raises(RcmlError, match="more than 64"):
        parse_xml("<Dial>" + "<Number>100</Number>" * 65 + "</Dial>", START)


@pytest.mark.parametrize(
    ("music", "heard"),
    [
        ("", RingTone()),
        ('ringTone="automatic"', RingTone()),
        ('ringTone="UK"', RingTone("uk")),
        ('ringTone="us-old"', RingTone("us-old")),
        ('dialMusic=""', RingTone()),
        ('dialMusic="disabled"', None),
        ('dialMusic="disabled" ringTone="de"', None),
        ('dialMusic="a.wav" ringTone="de"', Sound(url="http://app.test/a.wav", loops=0)),
    ],
)
def test_music_before_ring_tone_is_heard_while_it_rings(music: str, heard: object):
    assert requested(music)[0].while_ringing == heard


@pytest.mark.parametrize(
    ("written", "recording"),
    [
        ("false", None),
        ("do-not-record", None),
        ("true", TalkRecording()),
        ("TRUE", TalkRecording()),
        ("record-from-answer", TalkRecording()),
        ("record-from-ringing", TalkRecording(from_ringing=True)),
        ("record-from-answer-dual", TalkRecording(dual=True)),
        ("record-from-ringing-dual", TalkRecording(from_ringing=True, dual=True)),
    ],
)
def test_record_is_said_in_the_words_of_rcml_and_twiml(written: str, recording: TalkRecording | None):
    request, codes = requested(f'record="{written}"')
    assert (request.recording, codes) == (recording, [])


@pytest.mark.parametrize("track", RecordingTrack)
def test_one_track_may_be_recorded_alone(track: RecordingTrack):
    request, codes = requested(f'record="record-from-answer-dual" recordingTrack="{track.value}"')
    assert (request.recording, codes) == (TalkRecording(dual=True, track=track), [])


def test_the_recording_is_trimmed_and_told_as_asked():
    request, _ = requested(
        'record="true" trim="trim-silence" recordingStatusCallback="/r" recordingStatusCallbackMethod="GET"'
        ' recordingStatusCallbackEvent="in-progress completed"'
    )
    callback = Callback(url="http://app.test/r", method=HttpMethod.GET, events=("in-progress", "completed"))
    assert request.recording == TalkRecording(trim_silence=True, status_callback=callback)


@pytest.mark.parametrize(
    "document",
    [
        '<Dial dialMusic="http://">100</Dial>',
        '<Dial referUrl="http://">100</Dial>',
        '<Dial recordingStatusCallback="http://">100</Dial>',
        '<Dial><Number url="http://">100</Number></Dial>',
        '<Dial><Client statusCallback="http://">alice</Client></Dial>',
        '<Dial><Conference statusCallback="http://">room</Conference></Dial>',
    ],
)
def test_a_url_that_is_none_is_notified_as_11100_and_nobody_is_rung(document: str):
    call = ScriptedCall()
    assert run(call, document) is Outcome.FAILED
    assert (call.codes, call.dialled_with, call.joined_with) == ([11100], [], [])


def test_an_action_that_is_no_url_is_notified_as_11100_after_the_dial():
    call = dial('action="http://"', "100")
    assert (call.codes, len(call.dialled_with)) == ([11100], 1)

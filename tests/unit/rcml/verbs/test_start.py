"""Start and Stop: streams, recordings and transcriptions that go on beside the document."""

from rcml.dialling import RecordingTrack
from rcml.errors import INVALID_URI, STREAM_NAME
from rcml.interpreter import Outcome
from tests.testkit.scripted_call import ScriptedCall, run

STREAM = '<Stream name="ear" url="wss://app.test/listen"/>'


def test_start_answers_and_the_next_verb_runs_at_once():
    call = ScriptedCall()
    run(call, f"<Response><Start>{STREAM}</Start><Say>hello</Say></Response>")
    assert call.streaming["ear"].url == "wss://app.test/listen"
    assert (call.answered_at, call.now, call.heard) == (0.0, 1.0, ["said hello"])


def test_start_without_a_url_starts_nothing_and_the_document_goes_on():
    call = ScriptedCall()
    run(call, '<Response><Start><Stream name="ear"/></Start><Say>hello</Say></Response>')
    assert (call.streaming, call.heard) == ({}, ["said hello"])


def test_several_streams_may_start():
    call = ScriptedCall()
    run(call, f'<Start>{STREAM}<Stream name="other" url="wss://app.test/other"/></Start>')
    assert list(call.streaming) == ["ear", "other"]


def test_stop_ends_the_stream_of_that_name():
    call = ScriptedCall()
    run(call, f'<Response><Start>{STREAM}</Start><Stop><Stream name="ear"/></Stop></Response>')
    assert (call.streaming, call.codes) == ({}, [])


def test_stop_of_an_unknown_name_is_noted_and_the_document_goes_on():
    call = ScriptedCall()
    run(call, '<Response><Stop><Stream name="eye"/></Stop><Say>hello</Say></Response>')
    assert call.heard == ["said hello"]
    assert [(note.code, note.line) for note in call.notifications] == [(STREAM_NAME, 1)]
    assert "'eye'" in call.notifications[0].message


def test_stop_answers_nobody():
    call = ScriptedCall()
    run(call, '<Response><Stop><Stream name="eye"/></Stop><Reject/></Response>')
    assert call.ended == "603"


def test_a_url_that_is_none_ends_the_call_with_a_note():
    call = ScriptedCall()
    assert run(call, '<Start><Stream url="mailto:us"/></Start>') is Outcome.FAILED
    assert call.codes == [INVALID_URI]
    assert call.streaming == {}


TRANSCRIPTION = (
    '<Transcription name="notes" statusCallbackUrl="/said" hints="yes, no" track="inbound_track"/>'
)


def test_start_begins_a_transcription():
    call = ScriptedCall()
    run(call, f"<Response><Start>{TRANSCRIPTION}</Start><Say>hello</Say></Response>")
    request = call.transcribing["notes"]
    assert (request.tracks, request.hints, request.language) == (("inbound_track",), ("yes", "no"), "en-US")
    assert request.status_callback is not None
    assert request.status_callback.url.endswith("/said")
    assert call.heard == ["said hello"]


def test_both_tracks_of_a_transcription_are_told_unless_one_is_chosen():
    call = ScriptedCall()
    run(call, '<Start><Transcription name="notes" statusCallbackUrl="/said" partialResults="true"/></Start>')
    request = call.transcribing["notes"]
    assert (request.tracks, request.partial_results) == (("inbound_track", "outbound_track"), True)


def test_a_transcription_that_nobody_is_told_of_does_not_begin():
    call = ScriptedCall()
    run(call, '<Response><Start><Transcription name="notes"/></Start><Say>hello</Say></Response>')
    assert (call.transcribing, call.heard) == ({}, ["said hello"])


def test_stop_ends_the_transcription_of_that_name():
    call = ScriptedCall()
    stop = '<Stop><Transcription name="notes"/></Stop>'
    run(call, f"<Response><Start>{TRANSCRIPTION}</Start>{stop}{stop}</Response>")
    assert (call.transcribing, call.codes) == ({}, [STREAM_NAME])
    assert "no transcription named 'notes' runs" in call.notifications[0].message


RECORDING = '<Recording name="disclosed" recordingStatusCallback="/recorded"/>'


def test_a_recording_begins_before_the_next_verb():
    call = ScriptedCall()
    run(call, f"<Response><Start>{RECORDING}</Start><Say>This call is recorded.</Say></Response>")
    wanted = call.recording["disclosed"]
    assert (wanted.dual, wanted.track, wanted.trim_silence) == (True, RecordingTrack.BOTH, True)
    assert wanted.status_callback is not None
    assert wanted.status_callback.url == "http://app.test/recorded"
    assert (call.answered_at, call.heard) == (0.0, ["said This call is recorded."])


def test_a_recording_goes_on_through_a_redirection():
    call = ScriptedCall(application={"http://app.test/next": "<Response><Pause/></Response>"})
    run(call, f"<Response><Start>{RECORDING}</Start><Redirect>/next</Redirect></Response>")
    assert list(call.recording) == ["disclosed"]


def test_stop_ends_the_recording_of_that_name():
    call = ScriptedCall()
    stop = '<Stop><Recording name="disclosed"/></Stop>'
    run(call, f"<Response><Start>{RECORDING}</Start>{stop}{stop}</Response>")
    assert (call.recording, call.codes) == ({}, [STREAM_NAME])
    assert "no recording named 'disclosed' runs" in call.notifications[0].message

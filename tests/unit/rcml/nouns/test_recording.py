"""The noun Recording, as a document writes it."""

from rcml.dialling import RecordingTrack, TalkRecording
from rcml.nouns.recording import Recording
from rcml.parser import parse_xml
from rcml.verbs.start import Start


def asked(attributes: str) -> TalkRecording:
    document = parse_xml(f"<Response><Start><Recording {attributes}/></Start></Response>", "http://app.test/")
    start = document.verbs[0]
    assert isinstance(start, Start)
    (recording,) = start.nouns
    assert isinstance(recording, Recording)
    return recording.request()


def test_without_attributes_both_tracks_have_a_channel_and_silence_is_cut():
    assert asked("") == TalkRecording(dual=True, trim_silence=True)


def test_every_attribute_reaches_the_request():
    wanted = asked(
        'name="x" track="inbound" channels="mono" trim="do-not-trim" recordingStatusCallback="/told"'
        ' recordingStatusCallbackMethod="GET" recordingStatusCallbackEvent="in-progress completed absent"'
    )
    assert (wanted.name, wanted.track, wanted.dual) == ("x", RecordingTrack.INBOUND, False)
    assert not wanted.trim_silence
    callback = wanted.status_callback
    assert callback is not None
    assert (callback.url, callback.method.value) == ("http://app.test/told", "GET")
    assert callback.events == ("in-progress", "completed", "absent")


def test_a_track_that_is_none_is_both():
    assert asked('track="sideways"').track is RecordingTrack.BOTH

"""Recordings that go on beside the document, in the kit."""

from rcml.errors import STREAM_NAME
from rcml.testing import dial

START = (
    '<Start><Recording name="{name}" recordingStatusCallback="/recorded"'
    ' recordingStatusCallbackEvent="in-progress completed"/></Start>'
)


def test_a_recording_is_told_when_it_begins_and_when_the_call_is_over():
    caller = dial({"/": f"<Response>{START.format(name='')}<Say>Hello</Say></Response>", "/recorded": ""})
    begun = caller.expect_requested("/recorded", RecordingStatus="in-progress")
    ended = caller.expect_requested("/recorded", RecordingStatus="completed", RecordingTrack="both")
    assert ended.parameters["RecordingSid"] == begun.parameters["RecordingSid"]
    assert ended.parameters["RecordingSource"] == "StartCallRecordingTwiML"
    assert float(ended.parameters["RecordingDuration"]) >= 0.5
    assert ended.parameters["RecordingUrl"].endswith(f"{ended.parameters['RecordingSid']}.wav")


def test_stop_ends_one_and_the_other_goes_on():
    stop = '<Stop><Recording name="one"/></Stop>'
    both = START.format(name="one") + START.format(name="two")
    caller = dial({"/": f"<Response>{both}<Pause length='2'/>{stop}<Pause length='3'/></Response>"})
    first = caller.expect_requested("/recorded", RecordingStatus="completed")
    second = caller.expect_requested("/recorded", RecordingStatus="completed")
    assert (first.parameters["RecordingDuration"], second.parameters["RecordingDuration"]) == ("2.0", "5.0")


def test_a_second_recording_of_a_name_does_not_begin():
    caller = dial({"/": f"<Response>{START.format(name='one') * 2}<Pause/></Response>"})
    caller.wait(5)
    assert f"WARNING {STREAM_NAME}" in str(caller.transcript)
    assert str(caller.transcript).count("RecordingStatus=in-progress") == 1

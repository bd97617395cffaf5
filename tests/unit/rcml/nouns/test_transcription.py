"""Transcription, as it stands in Start and Stop."""

from rcml.call import Callback
from rcml.nouns.transcription import Transcription
from rcml.parser import parse_xml
from rcml.streaming import StreamTrack
from rcml.transcribing import TranscriptionRequest
from rcml.values import HttpMethod
from rcml.verbs.start import Start


def test_every_attribute_reaches_the_request():
    document = parse_xml(
        '<Start><Transcription name="notes" track="inbound_track" statusCallbackUrl="/said"'
        ' statusCallbackMethod="GET" languageCode="de-DE" transcriptionEngine="ours" hints="ja, nein"'
        ' partialResults="true" inboundTrackLabel="customer" outboundTrackLabel="agent"/></Start>',
        "https://app.test/calls/start",
    )
    (start,) = document.verbs
    assert isinstance(start, Start)
    (transcription,) = start.nouns
    assert isinstance(transcription, Transcription)
    assert transcription.request() == TranscriptionRequest(
        name="notes",
        track=StreamTrack.INBOUND,
        language="de-DE",
        hints=("ja", "nein"),
        partial_results=True,
        provider="ours",
        inbound_label="customer",
        outbound_label="agent",
        status_callback=Callback(url="https://app.test/said", method=HttpMethod.GET),
    )
    assert document.warnings == ()

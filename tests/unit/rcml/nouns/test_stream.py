"""Stream and Parameter, as they stand in Start, Stop and Connect."""

from __future__ import annotations

import pytest

from rcml.call import Callback
from rcml.errors import InvalidUrl
from rcml.lint import lint
from rcml.nouns.stream import Stream
from rcml.parser import parse_xml
from rcml.streaming import StreamEncoding, StreamRequest, StreamTrack
from rcml.values import HttpMethod
from rcml.verbs.connect import Connect
from rcml.verbs.start import Start

DOCUMENT = "https://app.test/calls/start"


def read(attributes: str, inside: str = "") -> tuple[Stream, list[str]]:
    document = parse_xml(f"<Start><Stream {attributes}>{inside}</Stream></Start>", DOCUMENT)
    (verb,) = document.verbs
    assert isinstance(verb, Start)
    (stream,) = verb.nouns
    assert isinstance(stream, Stream)
    return stream, [warning.message for warning in document.warnings]


def requested(attributes: str, inside: str = "", *, bidirectional: bool = False) -> StreamRequest:
    request = read(attributes, inside)[0].request(bidirectional=bidirectional)
    assert request is not None
    return request


def test_a_url_is_enough():
    assert requested('url="wss://agent.test/call?id=7"') == StreamRequest(url="wss://agent.test/call?id=7")


def test_every_attribute_reaches_the_request():
    parameters = '<Parameter name="language" value="en"/><Parameter name="empty"/><Parameter value="lost"/>'
    attributes = (
        'url="ws://agent.test" name="ear" track="both_tracks" encoding="l16" sampleRate="24000"'
        ' statusCallback="/told" statusCallbackMethod="GET"'
    )
    assert requested(attributes, parameters) == StreamRequest(
        url="ws://agent.test",
        name="ear",
        track=StreamTrack.BOTH,
        encoding=StreamEncoding.L16,
        rate=24000,
        parameters=(("language", "en"), ("empty", "")),
        status_callback=Callback(url="https://app.test/told", method=HttpMethod.GET),
    )


def test_a_stream_in_both_directions_sends_the_caller_and_may_barge_in():
    request = requested('url="wss://agent.test" track="both_tracks" bargeIn="true"', bidirectional=True)
    assert (request.track, request.barge_in, request.bidirectional) == (StreamTrack.INBOUND, True, True)


def test_a_stream_that_plays_nothing_has_no_barge_in():
    assert not requested('url="wss://agent.test" bargeIn="true"').barge_in


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("/listen", "wss://app.test/listen"),
        ("listen?x=1", "wss://app.test/calls/listen?x=1"),
        ("//agent.test/", "wss://agent.test/"),
    ],
)
def test_a_relative_url_leads_to_the_server_of_the_document(written, url):
    assert requested(f'url="{written}"').url == url


def test_a_relative_url_of_a_plain_document_is_plain():
    (verb,) = parse_xml('<Connect><Stream url="/ws"/></Connect>', "http://app.test/").verbs
    assert isinstance(verb, Connect)
    (noun,) = verb.nouns
    assert isinstance(noun, Stream)
    request = noun.request(bidirectional=True)
    assert request is not None
    assert request.url == "ws://app.test/ws"


@pytest.mark.parametrize(
    "url", ["https://agent.test/", "ftp://agent.test", "wss://", "wss://a b", "wss://a:x/"]
)
def test_what_is_no_websocket_url_is_refused(url):
    with pytest.raises(InvalidUrl):
        requested(f'url="{url}"')


def test_an_odd_rate_is_read_as_8000_with_a_warning():
    noun, (warning,) = read('url="wss://a.test" encoding="l16" sampleRate="44100"')
    assert noun.sample_rate == 8000
    assert "allowed is 8000, 16000, 24000" in warning


def test_mulaw_has_8000_samples_whatever_is_asked_for():
    noun, (warning,) = read('url="wss://a.test" sampleRate="16000"')
    request = noun.request(bidirectional=False)
    assert request is not None
    assert request.rate == 8000
    assert 'needs encoding="l16"' in warning


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("<Start/>", "<Start> starts nothing"),
        ("<Start><Stream/></Start>", "has no url and is skipped"),
        ('<Start><Stream url="wss://a.test" bargeIn="true"/></Start>', "counts in <Connect> only"),
        ("<Stop><Stream/></Stop>", "<Stop> stops nothing"),
        ("<Connect/>", "<Connect> leads nowhere"),
        ('<Connect><Stream url="wss://a.test" track="both_tracks"/></Connect>', "only inbound_track"),
        ('<Connect><Stream url="http://a.test"/></Connect>', "leads to no ws or wss URL"),
    ],
)
def test_the_check_names_what_is_odd(document, said):
    (problem,) = lint(parse_xml(f"<Response>{document}</Response>", "http://app.test/"))
    assert said in problem.message
    assert problem.line == 1

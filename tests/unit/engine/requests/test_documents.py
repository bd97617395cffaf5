"""Documents of an application: small ones that were answered before are not parsed again."""

import pytest

from engine.requests import documents
from engine.requests.http_request import Answer
from rcml.document import Document
from rcml.errors import RcmlError
from rcml.verbs.play import Play
from tests.testkit.virtual_loop import run_virtual

URL = "http://app.test/menu"


def parsed(body: str, url: str = URL, content_type: str | None = "text/xml") -> Document:
    return run_virtual(documents.parsed(Answer(200, content_type, body.encode(), url), url))


def played(path: str, more: str = "") -> str:
    return f"<Response><Play>{path}</Play>{more}</Response>"


def test_the_same_answer_to_the_same_request_is_the_same_document():
    assert parsed(played("/a.wav")) is parsed(played("/a.wav"))


def test_a_document_of_another_place_is_read_with_its_own_addresses():
    here, there = parsed(played("/a.wav")), parsed(played("/a.wav"), "http://other.test/menu")
    sounds = [document.verbs[0].sound for document in (here, there) if isinstance(document.verbs[0], Play)]
    assert [sound and sound.absolute() for sound in sounds] == [
        "http://app.test/a.wav",
        "http://other.test/a.wav",
    ]


def test_the_same_bytes_under_another_type_are_another_document():
    as_xml, as_text = parsed(played("/a.wav")), parsed(played("/a.wav"), content_type="text/plain")
    assert as_xml.verbs != as_text.verbs


def test_a_remark_is_made_on_each_reading():
    body = played("/a.wav", "<Plai/>")
    assert parsed(body).warnings == parsed(body).warnings != ()


@pytest.mark.parametrize("body", ["<Response>", "no document"])
def test_what_cannot_be_read_is_refused_each_time(body: str):
    for _ in range(2):
        with pytest.raises(RcmlError):
            parsed(body)


def test_a_large_document_is_not_kept():
    body = played("/a.wav", " " * documents.LARGEST_KEPT)
    assert parsed(body) == parsed(body)
    assert parsed(body) is not parsed(body)

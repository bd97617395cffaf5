"""What Number, Client, Sip and Application share: rows of rcml.md 5.6.6, 5.7 and 6.2."""

import pytest

from rcml.call import Callback
from rcml.dialling import Target
from rcml.errors import InvalidUrl
from rcml.flow import Fetch
from rcml.parser import parse_xml
from rcml.values import HttpMethod, Url
from rcml.verbs.dial import Dial

NOUNS = {
    "Number": "+131313",
    "Client": "alice",
    "Sip": "sip:bob@h.test",
    "Uri": "sip:bob@h.test",
    "Application": "AP0123456789abcdef0123456789abcdef",
}
BASE = "http://app.test/d/start"


def read(noun: str, attributes: str, text: str | None = None) -> tuple[Target | None, list[int]]:
    written = NOUNS[noun] if text is None else text
    document = parse_xml(f"<Dial><{noun} {attributes}>{written}</{noun}></Dial>", BASE)
    (dial,) = document.verbs
    assert isinstance(dial, Dial)
    (found,) = dial.nouns
    return found.target(), [warning.code for warning in document.warnings]  # type: ignore[union-attr]


@pytest.mark.parametrize("noun", NOUNS)
def test_nothing_is_screened_or_told_by_default(noun: str):
    target, codes = read(noun, "")
    assert target is not None
    assert (target.screening, target.status_callback, target.headers, codes) == (None, None, (), [])


@pytest.mark.parametrize("noun", NOUNS)
def test_a_noun_without_text_is_nobody_with_a_warning(noun: str):
    assert read(noun, "", "") == (None, [12200])


@pytest.mark.parametrize("noun", NOUNS)
def test_a_url_screens_the_callee_by_post(noun: str):
    target, _ = read(noun, 'url="screen"')
    assert target is not None
    assert target.screening == Fetch(Url("http://app.test/d/screen"), HttpMethod.POST)


@pytest.mark.parametrize("noun", NOUNS)
def test_the_method_of_the_screening_document_is_followed(noun: str):
    target, _ = read(noun, 'url="/screen" method="get"')
    assert target is not None
    assert target.screening == Fetch(Url("http://app.test/screen"), HttpMethod.GET)


@pytest.mark.parametrize("noun", NOUNS)
def test_which_events_a_status_callback_is_told_is_left_to_the_calls_version_by_default(noun: str):
    target, _ = read(noun, 'statusCallback="/status"')
    assert target is not None
    assert target.status_callback == Callback(url="http://app.test/status", events=())


@pytest.mark.parametrize(
    "written", ["initiated,answered", "initiated answered", "Initiated, ANSWERED", " initiated ,answered,"]
)
@pytest.mark.parametrize("noun", NOUNS)
def test_events_are_separated_by_commas_or_blanks(noun: str, written: str):
    target, codes = read(noun, f'statusCallback="/s" statusCallbackEvent="{written}"')
    assert target is not None
    assert target.status_callback is not None
    assert (target.status_callback.events, codes) == (("initiated", "answered"), [])


@pytest.mark.parametrize(("written", "events"), [("answered,talked", ("answered",)), ("talked", ())])
def test_unknown_events_are_left_out_with_a_warning(written: str, events: tuple[str, ...]):
    target, codes = read("Client", f'statusCallback="/s" statusCallbackEvent="{written}"')
    assert target is not None
    assert target.status_callback is not None
    assert (target.status_callback.events, codes) == (events, [12200])


@pytest.mark.parametrize("method", ["GET", "get"])
@pytest.mark.parametrize("noun", NOUNS)
def test_the_method_of_the_status_callback_is_read_in_any_case(noun: str, method: str):
    target, _ = read(noun, f'statusCallback="/s" statusCallbackMethod="{method}"')
    assert target is not None
    assert target.status_callback is not None
    assert target.status_callback.method is HttpMethod.GET


@pytest.mark.parametrize("attribute", ["url", "statusCallback"])
@pytest.mark.parametrize("noun", NOUNS)
def test_a_url_that_is_none_is_invalid(noun: str, attribute: str):
    with pytest.raises(InvalidUrl):
        read(noun, f'{attribute}="http://"')

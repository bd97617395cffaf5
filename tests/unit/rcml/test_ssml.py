"""Markup in a spoken text: what of it reaches a voice."""

import pytest
from lxml import etree

from rcml.errors import RcmlError
from rcml.parser import parse_xml
from rcml.ssml import markup_of
from rcml.verbs.say import Say


def read(inside: str) -> tuple[str, list[str]]:
    """Return the SSML of what stands inside a Say, and the remarks."""
    remarks: list[str] = []
    return markup_of(etree.fromstring(f"<Say>{inside}</Say>"), remarks.append), remarks


@pytest.mark.parametrize(
    "markup",
    [
        'one<break time="500ms"/>two',
        '<break strength="x-strong"/>',
        '<prosody rate="slow" pitch="+10%" volume="-6dB">calm</prosody>',
        '<say-as interpret-as="date" format="mdy">1/2/2026</say-as>',
        '<sub alias="World Wide Web">WWW</sub>',
        '<lang xml:lang="fr-CA">Bonjour</lang>',
        '<p><s>One.</s><s>Two <emphasis level="strong">now</emphasis>.</s></p>',
        '<phoneme alphabet="ipa" ph="t&quot;a">tomato</phoneme>'.replace("&quot;", "'"),
        '<voice gender="female">she</voice>',
        "a &lt;b&gt; &amp; <w>c</w>",
    ],
)
def test_listed_elements_and_attributes_are_kept_as_they_are(markup: str):
    assert read(markup) == (markup, [])


def test_a_speak_element_around_the_text_is_taken_off():
    assert read("<speak version='1.1'>a<break/></speak>")[0] == "a<break/>"


def test_text_without_markup_is_no_ssml():
    assert read("plain &amp; simple") == ("", [])
    assert read("<audio src='http://x/'>sound</audio>")[0] == ""


@pytest.mark.parametrize(
    ("markup", "kept"),
    [
        ('a<audio src="file:///etc/passwd">b</audio><break/>', "ab<break/>"),
        ('<voice name="../../x">a</voice>', "<voice>a</voice>"),
        ('<break time="soon"/>', "<break/>"),
        ('<break onclick="x" time="1s"/>', '<break time="1s"/>'),
        ('<prosody rate="9999%">a</prosody>', "<prosody>a</prosody>"),
        ('<break time="3600s"/>', '<break time="10s"/>'),
        ('<break time="10001ms"/>', '<break time="10s"/>'),
    ],
)
def test_what_is_not_listed_is_left_out_with_a_remark(markup: str, kept: str):
    markup, remarks = read(markup)
    assert markup == kept
    assert len(remarks) == 1


def test_blanks_between_elements_count_once():
    assert read("\n  one\n  <break/>\n two ")[0] == "one <break/> two"


def test_a_pause_alone_is_something_to_say():
    (verb,) = parse_xml('<Response><Say><break time="2s"/></Say></Response>', "").verbs
    assert isinstance(verb, Say)
    prompt = verb.prompt()
    assert prompt is not None
    assert (prompt.text, prompt.ssml) == ("", '<break time="2s"/>')


def test_remarks_reach_the_document_with_the_line_of_the_say():
    document = parse_xml('<Response>\n<Say><s>a</s><mark name="x"/></Say></Response>', "")
    (problem,) = document.warnings
    assert (problem.line, "<mark>" in problem.message) == (2, True)


def test_a_text_of_too_many_elements_is_refused():
    with pytest.raises(RcmlError, match="more than 1000 elements"):
        parse_xml(f"<Response><Say><p>{'<s>a</s>' * 1000}</p></Say></Response>", "")

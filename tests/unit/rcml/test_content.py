import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rcml.content import (
    MAX_BYTES,
    ContentType,
    Medium,
    decode,
    is_sound,
    read_content_type,
    repair_ampersands,
)
from rcml.errors import RcmlError


@pytest.mark.parametrize("header", ["text/xml", "application/xml", "text/html", "TEXT/XML", "text/xml ; x=y"])
def test_xml_and_html_are_documents(header: str):
    assert read_content_type(header) == ContentType(Medium.DOCUMENT)


@pytest.mark.parametrize(
    "header", ["audio/wav", "audio/wave", "audio/x-wav", "audio/mpeg", "audio/ogg; codecs=x"]
)
def test_audio_is_a_sound(header: str):
    assert read_content_type(header).medium is Medium.SOUND


@pytest.mark.parametrize(
    ("header", "sound"), [(" Audio/WAV", True), ("text/xml", False), ("", False), (None, False)]
)
def test_a_sound_is_told_from_its_header(header: str | None, sound: bool):
    assert is_sound(header) is sound


def test_plain_text_is_text_with_its_charset():
    assert read_content_type('text/plain; charset="ISO-8859-1"') == ContentType(Medium.TEXT, "iso-8859-1")


@pytest.mark.parametrize("header", [None, "", "  "])
def test_a_missing_content_type_is_refused_as_12300(header: str | None):
    with pytest.raises(RcmlError, match="no Content-Type") as caught:
        read_content_type(header)
    assert caught.value.code == 12300


@pytest.mark.parametrize("header", ["application/json", "image/png", "xml", "text", "\r\n\r\n;", "text/xmlx"])
def test_any_other_content_type_is_refused_as_12300(header: str):
    with pytest.raises(RcmlError) as caught:
        read_content_type(header)
    assert caught.value.code == 12300


TEXT = "<Say>\u00e9\u20ac</Say>"


@pytest.mark.parametrize(
    ("body", "charset"),
    [
        (TEXT.encode(), None),
        (TEXT.encode("utf-8-sig"), None),
        (TEXT.encode("utf-16"), None),
        (TEXT.encode("utf-16-le"), "utf-16le"),
        (b"\xfe\xff" + TEXT.encode("utf-16-be"), "utf-8"),
        (TEXT.encode("utf-32"), None),
        (TEXT.encode("cp1252"), "windows-1252"),
    ],
)
def test_the_encoding_is_found_from_mark_and_charset(body: bytes, charset: str | None):
    assert decode(body, charset).lstrip("\ufeff") == TEXT


def test_the_xml_declaration_names_the_encoding_when_nothing_else_does():
    declaration = '<?xml version="1.0" encoding="ISO-8859-15"?>'
    assert decode((declaration + TEXT).encode("iso-8859-15"), None) == declaration + TEXT


def test_charset_goes_before_the_xml_declaration():
    text = '<?xml version="1.0" encoding="ISO-8859-1"?>' + TEXT
    assert decode(text.encode(), "utf-8") == text


def test_bytes_of_another_encoding_are_refused_with_their_line():
    with pytest.raises(RcmlError, match="save it as UTF-8") as caught:
        decode(b"<Say>\n\n\xe9</Say>", None)
    assert (caught.value.line, caught.value.code) == (3, 12100)


@pytest.mark.parametrize(
    "charset", ["klingon", "zlib", "rot13", "idna", "punycode", "unicode_escape", "base64", "\x00"]
)
def test_an_encoding_that_is_no_character_set_is_refused(charset: str):
    with pytest.raises(RcmlError, match="use UTF-8"):
        decode(b"x", charset)


def test_a_body_over_one_megabyte_is_refused():
    decode(b" " * MAX_BYTES, None)
    with pytest.raises(RcmlError) as caught:
        decode(b" " * (MAX_BYTES + 1), None)
    assert caught.value.code == 11750


@pytest.mark.parametrize(
    ("written", "repaired"),
    [
        ("sip:a@h?x=1&y=2", "sip:a@h?x=1&amp;y=2"),
        ("a & b && c &", "a &amp; b &amp;&amp; c &amp;"),
        ("&amp;&lt;&#38;&#x26;", "&amp;&lt;&#38;&#x26;"),
        ("&nbsp;", "&nbsp;"),
        ("&;&#;&#x;&1;", "&amp;;&amp;#;&amp;#x;&amp;1;"),
        ("a&b<![CDATA[c&d]]>e&f", "a&amp;b<![CDATA[c&d]]>e&amp;f"),
        ("<![CDATA[c&d", "<![CDATA[c&amp;d"),
    ],
)
def test_a_bare_ampersand_is_repaired(written: str, repaired: str):
    assert repair_ampersands(written) == repaired


@settings(deadline=None)
@given(st.text(alphabet="&;amp#x<![CDATA]>", max_size=200))
def test_repairing_twice_changes_nothing(text: str):
    once = repair_ampersands(text)
    assert repair_ampersands(once) == once


@pytest.mark.parametrize(
    "hostile", ["&" * 64_000, "<![CDATA[" * 7_000, "&a" * 32_000, "<![CDATA[&]]>" * 5_000]
)
def test_repair_takes_linear_time(hostile: str):
    def seconds(text: str) -> float:
        # Processor time: other programs on the machine do not count.
        begin = time.process_time()
        repair_ampersands(text)
        return time.process_time() - begin

    short = min(seconds(hostile) for _ in range(5))
    long = min(seconds(hostile * 4) for _ in range(5))
    assert long < 20 * short + 0.01

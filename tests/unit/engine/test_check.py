import io
import sys

import pytest

from engine import check


def write(tmp_path, text: str) -> str:
    path = tmp_path / "document.xml"
    path.write_text(text)
    return str(path)


def test_a_good_document_is_ok(tmp_path):
    path = write(tmp_path, "<Response><Say>Hello</Say><Hangup/></Response>")
    assert check.check(path) == check.Report((f"{path}: ok, 2 verbs",), failed=False)


def test_an_unknown_verb_fails_with_its_line(tmp_path):
    path = write(tmp_path, "<Response>\n<Say>Hello</Say>\n<Sayy>Hello</Sayy>\n</Response>")
    report = check.check(path)
    assert report.failed
    assert report.lines[0].startswith(f"{path}:3: error ")
    assert "Sayy" in report.lines[0]


def test_a_url_that_cannot_be_used_fails_with_its_line(tmp_path):
    path = write(tmp_path, "<Response>\n<Gather action='http://'/>\n</Response>")
    report = check.check(path)
    assert report.failed
    assert report.lines[0].startswith(f"{path}:2: error 11100: ")


def test_a_verb_that_can_never_run_is_named_and_does_not_fail(tmp_path):
    path = write(tmp_path, "<Response>\n<Hangup/>\n<Say>Hello</Say>\n</Response>")
    report = check.check(path)
    assert not report.failed
    assert report.lines == (f"{path}:3: warning 12200: <Say> can never run: <Hangup> ends the document",)


def test_broken_xml_fails_with_its_line(tmp_path):
    path = write(tmp_path, "<Response>\n<Say>\n</Response>")
    report = check.check(path)
    assert report.failed
    assert report.lines[0].startswith(f"{path}:3: error 12100: ")


def test_a_file_that_is_not_there_is_said_so(tmp_path):
    report = check.check(str(tmp_path / "none.xml"))
    assert report == check.Report((f"{tmp_path}/none.xml: error: No such file or directory",), failed=True)


def test_a_file_too_large_to_be_a_document_is_refused(tmp_path):
    path = write(tmp_path, "x" * (check.LARGEST + 1))
    assert check.check(path).lines == (f"{path}: error: larger than 1048576 bytes",)


def test_a_dash_reads_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"<Response><Hangup/></Response>")))
    assert check.check("-").lines == ("-: ok, 1 verb",)


@pytest.mark.parametrize("url", ["http://[", "http://127.0.0.1:1/x"])
def test_a_url_that_cannot_be_had_is_an_error(url):
    assert check.check(url).failed

"""What bounds a document: each cap names the line where it was passed, and the cure."""

import pytest

from rcml.content import MAX_BYTES
from rcml.errors import RcmlError
from rcml.parser import parse_xml
from tests.testkit.scripted_call import START, ScriptedCall, run

MANY = " ".join(f'a{number}="x"' for number in range(101))


def nested(depth: int) -> str:
    return "\n".join(["<a>"] * depth + ["</a>"] * depth)


@pytest.mark.hostile("W5", sent="documents of too many verbs, nouns, levels")
@pytest.mark.parametrize(
    ("document", "line", "cure"),
    [
        ("<Response>\n" + "<Pause/>\n" * 1001 + "</Response>", 1, "fetch the rest with <Redirect>"),
        (nested(17), 17, "flatten the document"),
        ("<Response>\n<Dial>\n" + "<Number>1</Number>\n" * 65 + "</Dial></Response>", 67, "divide them"),
        (f"<Response>\n<Say {MANY}/></Response>", 2, "what it knows alone"),
        ("<!DOCTYPE a><Response/>", 1, "remove <!DOCTYPE>"),
    ],
    ids=["verbs", "depth", "nouns", "attributes", "document_type"],
)
def test_a_document_beyond_a_cap_is_refused_with_its_line_and_the_cure(document: str, line: int, cure: str):
    with pytest.raises(RcmlError) as refused:
        parse_xml(document, START)
    assert (refused.value.line, cure in refused.value.message) == (line, True)


@pytest.mark.parametrize(
    "document",
    [
        "<Response>" + "<Pause/>" * 1000 + "</Response>",
        nested(16),
        f"<Dial>{'<Number>1</Number>' * 64}</Dial>",
    ],
    ids=["verbs", "depth", "nouns"],
)
def test_a_document_of_just_the_size_is_read(document: str):
    parse_xml(document, START)


def test_a_document_that_is_too_long_names_both_sizes_and_the_cure():
    call = ScriptedCall(application={START: "<Response>" + " " * MAX_BYTES + "</Response>"})
    run(call)
    (noted,) = call.notifications
    assert (noted.code, noted.url) == (11750, START)
    assert noted.message == (
        f"the document has {MAX_BYTES + 21} bytes, at most {MAX_BYTES} are read: <Redirect> to the rest"
    )


def test_documents_without_end_are_noted_with_the_verb_that_leads_on_and_the_cure():
    call = ScriptedCall(application={START: "<Response>\n<Redirect>start</Redirect>\n</Response>"})
    run(call)
    (noted,) = call.notifications
    assert (noted.code, noted.url, noted.line) == (14106, START, 2)
    assert noted.message == (
        f"50 documents in a row that took the caller no time, and this verb leads to {START}:"
        " let the caller wait with <Pause>, ask for input with <Gather>, or end the call with <Hangup>"
    )
    assert len(call.requests) == 50

import pytest

from rcml.lint import lint
from rcml.parser import parse_xml
from rcml.reference import sections
from rcml.schema import VERBS, Element
from rcml.verbs.dial import Dial


def said(document: str, url: str = "https://app.test/") -> list[str]:
    return [str(problem) for problem in lint(parse_xml(document, url))]


@pytest.mark.parametrize("name", VERBS)
def test_the_examples_of_the_reference_are_free_of_problems(name: str):
    assert said(sections(VERBS[name].schema.meaning)["Example"]) == []


def test_unknown_names_and_values_are_errors_with_their_lines():
    assert said("<Response>\n<Sey>hi</Sey>\n<Gather\n timeoutt='3' timeout='no'/>\n</Response>") == [
        "line 2: error 12200: <Sey> is no verb and is skipped; did you mean 'Say'?",
        "line 2: error 12200: text inside <Sey> is not spoken: put it in <Say>",
        "line 4: error 12200: <Gather> has no attribute 'timeoutt'; did you mean 'timeout'?",
        "line 4: error 13313: <Gather> timeout='no': allowed is whole number of seconds from 1; 5 is taken",
    ]


def test_urls_are_judged_wherever_they_stand():
    document = "<Response>\n<Gather action='http://'>\n<Play>a b</Play></Gather>\n<Record action='ftp://x/'/></Response>"
    assert [problem[:18] for problem in said(document)] == [
        "line 2: error 1110",
        "line 3: error 1332",
        "line 4: error 1110",
    ]


def test_relative_urls_are_judged_against_the_url_of_the_document():
    assert said("<Redirect>/next</Redirect>") == []
    assert said("<Redirect>/next</Redirect>", url="") != []


@pytest.mark.parametrize("noun", Dial.schema.nestings[0].elements.values())
def test_the_examples_of_the_nouns_are_free_of_problems(noun: type[Element]):
    assert said(f"<Response>{sections(noun.schema.meaning)['Example']}</Response>") == []


def test_urls_of_nouns_are_judged():
    document = (
        "<Response><Dial action='http://'>\n<Number url='http://'>1</Number>\n"
        "<Conference waitUrl='ftp://x'>room</Conference></Dial></Response>"
    )
    assert [problem[:18] for problem in said(document)] == [
        "line 1: warning 12",
        "line 1: error 1110",
        "line 2: error 1110",
        "line 3: error 1323",
    ]


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (
            "<Dial/>",
            "line 1: warning 12200: <Dial> rings nobody: "
            "put a Number, Client, Sip, Application, Conference or Queue inside",
        ),
        ("<Dial><Number/></Dial>", "line 1: warning 12200: <Number> names nobody and is skipped"),
        ("<Dial><Queue/></Dial>", "line 1: warning 12200: <Queue> names no queue and is skipped"),
        ("<Enqueue/>", "line 1: warning 12200: <Enqueue> names no queue and is skipped"),
        ("<Dial><Conference/></Dial>", "line 1: warning 12200: <Conference> names no room and is skipped"),
        (
            "<Dial>100<Number>100</Number></Dial>",
            "line 1: warning 12200: text in <Dial> beside its nouns is ignored",
        ),
        (
            "<Dial><Number>100</Number><Conference>a</Conference></Dial>",
            "line 1: warning 12200: a <Conference> in <Dial> stands alone: its other nouns are ignored",
        ),
        (
            "<Dial>" + "<Number>100</Number>" * 11 + "</Dial>",
            "line 1: warning 12200: <Dial> holds 11 nouns: more than 10 are too many elsewhere",
        ),
        (
            "<Dial><Queue>a</Queue><Sip>sip:a@b.test</Sip></Dial>",
            "line 1: warning 12200: a <Queue> in <Dial> stands alone: its other nouns are ignored",
        ),
    ],
)
def test_odd_dials_are_remarked_on(document: str, problem: str):
    assert said(f"<Response>{document}</Response>") == [problem]


@pytest.mark.parametrize("last", ["<Hangup/>", "<Reject/>"])
def test_verbs_that_can_never_run_are_named_once(last: str):
    name = last.strip("</>")
    assert said(f"<Response>{last}\n<Say>a</Say>\n<Say>b</Say></Response>") == [
        f"line 2: warning 12200: <Say> can never run: <{name}> ends the document"
    ]


def test_verbs_after_a_redirect_that_leads_somewhere_can_never_run():
    assert "can never run" in said("<Response><Redirect>/a</Redirect><Say>b</Say></Response>")[0]
    assert said("<Response><Redirect/><Say>b</Say></Response>") == []


def test_a_reject_after_a_verb_that_answers_is_named():
    assert said("<Response><Pause/><Reject/></Response>") == []
    assert "hangs up here" in said("<Response><Say>a</Say><Reject/></Response>")[0]


def test_another_root_is_a_warning():
    (problem,) = said("<Document><Say>a</Say></Document>")
    assert problem == "line 1: warning 12200: the root is <Document>: write <Response>"

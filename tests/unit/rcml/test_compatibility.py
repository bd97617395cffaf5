"""What a document gets for what RCML and TwiML have and we do not, and how the table of it is written."""

import pytest

from rcml.compatibility import NOT_READ, Row, page, read_here, rows
from rcml.dialects import DIFFERENCES, REASONS
from rcml.errors import UNKNOWN_NAME
from rcml.parser import parse_xml
from rcml.schema import VERBS
from tests.testkit.scripted_call import ScriptedCall, run

MISSING = [row for row in rows() if not row.ours]
PARENTS = {
    "Task": "Enqueue",
    "Siprec": "Start",
    "VirtualAgent": "Connect",
}


def having(row: Row) -> str:
    """Write a document that has what the row names, and then says something."""
    if not row.attribute:
        element = f"<{row.element}/>"
        parent = PARENTS.get(row.element)
        return (
            f"<Response>{f'<{parent}>{element}</{parent}>' if parent else element}<Say>next</Say></Response>"
        )
    element = f'<{row.element} {row.attribute}="x"/>'
    inside = row.element
    while inside not in VERBS and (parent := next((name for name in read_here() if holds(name, inside)), "")):
        element, inside = f"<{parent}>{element}</{parent}>", parent
    return f"<Response>{element}<Say>next</Say></Response>"


def holds(parent: str, element: str) -> bool:
    return any(element in nesting.elements for nesting in read_here()[parent].nestings)


@pytest.mark.parametrize("row", MISSING, ids=lambda row: row.name.replace(" ", "."))
def test_what_is_not_read_is_warned_of_and_the_document_goes_on(row: Row):
    document = parse_xml(having(row), "http://app.test/")
    named = f"{row.attribute!r}" if row.attribute else f"<{row.element}>"
    assert any(named in problem.message and problem.code == UNKNOWN_NAME for problem in document.warnings)
    assert type(document.verbs[-1]).__name__ == "Say"


def test_the_prompts_of_a_pay_are_heard_and_nothing_else_of_it():
    call = ScriptedCall()
    run(
        call,
        '<Response><Pay><Prompt for="card"><Say>Card, please.</Say></Prompt></Pay><Say>Bye</Say></Response>',
    )
    assert call.heard == ["said Card, please.", "said Bye"]
    assert set(call.codes) == {UNKNOWN_NAME}


def test_an_agent_in_connect_leads_nowhere_and_the_next_verb_runs():
    call = ScriptedCall()
    run(call, "<Response><Connect><VirtualAgent connectorName='x'/></Connect><Say>next</Say></Response>")
    assert call.heard == ["said next"]


def test_every_row_that_is_not_read_says_why():
    assert [row.name for row in MISSING if row.name not in REASONS] == []


def test_nothing_is_told_of_rows_that_are_not_there():
    ours = {row.name for row in rows() if row.ours}
    assert DIFFERENCES.keys() <= ours
    assert REASONS.keys() <= {row.name for row in MISSING}


def test_every_element_and_attribute_that_is_read_has_its_row():
    read = {(row.element, row.attribute) for row in rows() if row.ours}
    for name, schema in read_here().items():
        assert {(name, ""), *((name, attribute) for attribute in schema.attributes)} <= read


def test_a_row_names_its_test():
    text = page({"Dial timeout": "tests/unit/rcml/verbs/test_dial.py::test_it"})
    line = next(line for line in text.splitlines() if line.startswith("| `Dial` | `timeout` |"))
    assert (
        line
        == "| `Dial` | `timeout` | yes | yes | yes | [test_it](../../tests/unit/rcml/verbs/test_dial.py) |"
    )
    assert f"[{NOT_READ.rpartition('::')[2]}]" in text

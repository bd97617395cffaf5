import pytest

from engine.shown_by import ShowingTest, named_on, shown_by
from rcml.compatibility import NOT_READ, Row, page

TIMEOUT = Row("Dial", "timeout", ours=True)


def written(text: str, name: str = "test_it", path: str = "tests/unit/rcml/test_walk.py") -> ShowingTest:
    return ShowingTest(path, name, text)


@pytest.mark.parametrize(
    "text", ["<Dial timeout='3'>", '<Dial record="true" timeout="{limit}">', 'f"<Dial>", "Dial", timeout="3"']
)
def test_a_test_that_writes_the_attribute_on_its_element_shows_it(text: str):
    assert written(text).shows(TIMEOUT)


@pytest.mark.parametrize(
    "text", ["<Gather timeout='3'>", "<Dial><Number/></Dial> timeout='3'", "<Dial timeouts='3'>"]
)
def test_the_attribute_of_another_element_shows_nothing(text: str):
    assert not written(text).shows(TIMEOUT)


def test_in_the_elements_own_file_the_attribute_alone_will_do():
    assert written("dial('timeout=\"3\"')", path="tests/unit/rcml/verbs/test_dial.py").shows(TIMEOUT)


def test_a_named_test_stays_while_it_shows_its_row():
    first, second = written("<Dial timeout='3'>", "test_a"), written("<Dial timeout='3'>", "test_b")
    named = {"Dial timeout": second.id}
    assert shown_by([TIMEOUT], [first, second], {})["Dial timeout"] == first.id
    assert shown_by([TIMEOUT], [first, second], named)["Dial timeout"] == second.id
    assert shown_by([TIMEOUT], [first, written("<Dial>", "test_b")], named)["Dial timeout"] == first.id


def test_the_read_tests_a_page_are_read_back():
    named = {"Dial": "tests/a/test_dial.py::test_a", "Dial timeout": "tests/a/test_dial.py::test_b"}
    read = named_on(page(named))
    assert {name: test for name, test in read.items() if test != NOT_READ} == named

import pytest

from engine.http.paging import Page
from engine.http.problems import Problem

PATH = "/2012-04-24/Accounts/AC1/Calls.json"


def test_the_first_page_holds_fifty():
    assert Page.asked({}) == Page(0, 50)


def test_the_fields_are_those_that_restcomms_tests_assert():
    body = Page(8, 50).body(PATH, "calls", list(range(48)), 448, "CA9")
    assert {key: body[key] for key in ("page", "num_pages", "page_size", "total", "start", "end")} == {
        "page": 8, "num_pages": 8, "page_size": 50, "total": 448, "start": "400", "end": "448",
    }  # fmt: skip
    assert body["next_page_uri"] == "null"
    assert body["previous_page_uri"] == f"{PATH}?Page=7&PageSize=50"
    assert body["last_page_uri"] == f"{PATH}?Page=8&PageSize=50"


def test_a_page_before_the_last_names_the_next_and_its_last_item():
    body = Page(0, 50).body(PATH, "calls", list(range(50)), 448, "CA49")
    assert body["end"] == "49"
    assert body["previous_page_uri"] == "null"
    assert body["next_page_uri"] == f"{PATH}?Page=1&PageSize=50&AfterSid=CA49"
    assert body["first_page_uri"] == f"{PATH}?Page=0&PageSize=50"
    assert body["uri"] == PATH


def test_an_empty_list_is_one_empty_page():
    body = Page(0, 50).body(PATH, "calls", [], 0, "")
    assert (body["total"], body["start"], body["end"], body["calls"]) == (0, "0", "0", [])


def test_a_page_beyond_the_end_is_a_problem():
    with pytest.raises(Problem, match="beyond the last page, 2"):
        Page(3, 10).body(PATH, "calls", [], 29, "")


@pytest.mark.parametrize(
    "query",
    [
        {"PageSize": "1000000000"}, {"PageSize": "0"}, {"PageSize": "x"},
        {"Page": "-1"}, {"Page": "²"}, {"Page": "9" * 5000},
    ],
)  # fmt: skip
def test_numbers_out_of_reason_are_a_problem_that_names_the_bounds(query):
    with pytest.raises(Problem, match="is a whole number from") as caught:
        Page.asked(query)
    assert caught.value.status == 400

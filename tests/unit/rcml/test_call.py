import pytest

from rcml.call import Callback, Collected
from rcml.errors import InvalidUrl
from rcml.values import HttpMethod, Place, Url


def test_a_callback_is_asked_for_by_its_url():
    url = Url("done", Place(base="http://app.test/d"))
    assert Callback.at(url, HttpMethod.GET, ("completed",)) == Callback(
        url="http://app.test/done", method=HttpMethod.GET, events=("completed",)
    )


def test_without_a_url_there_is_no_callback():
    assert Callback.at(None) is None


def test_a_callback_to_no_url_is_invalid():
    with pytest.raises(InvalidUrl):
        Callback.at(Url("http://"))


@pytest.mark.parametrize(
    ("collected", "something"),
    [(Collected(), False), (Collected(digits="0"), True), (Collected(speech="no"), True)],
)
def test_input_is_something_when_there_were_keys_or_words(collected: Collected, something: bool):
    assert bool(collected) is something

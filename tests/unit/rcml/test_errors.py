from rcml.errors import MEANINGS, FetchFailed, InvalidUrl, PlaybackFailed, RcmlError


def test_the_line_goes_before_the_message():
    assert str(RcmlError("too deep", 3)) == "line 3: too deep"
    assert str(RcmlError("no type", code=12300)) == "no type"


def test_an_invalid_url_is_an_rcml_error_under_11100():
    assert isinstance(InvalidUrl("x"), RcmlError)
    assert InvalidUrl("x").code == 11100


def test_failures_name_their_url():
    assert str(FetchFailed("refused", url="http://h/", code=11205)) == "http://h/: refused"
    assert str(PlaybackFailed("no voice")) == "no voice"


def test_every_number_has_one_meaning():
    assert len(set(MEANINGS.values())) == len(MEANINGS)

import pytest
from multidict import CIMultiDict

from engine.requests.http_request import Answer
from engine.requests.sound_cache import SoundCache

KEY = ("token", "http://a/x.wav")


def answer(body: bytes = b"sound", status: int = 200, **headers: str) -> Answer:
    named = CIMultiDict({name.replace("_", "-"): value for name, value in headers.items()})
    return Answer(status, "audio/wav", body, KEY[1], named)


def test_a_sound_is_used_unasked_for_its_max_age():
    cache = SoundCache()
    cache.receive(KEY, answer(cache_control="public, max-age=60"), now=100.0)
    assert cache.fresh(KEY, now=159.0) == answer(cache_control="public, max-age=60")
    assert cache.fresh(KEY, now=160.0) is None


def test_a_stale_sound_is_asked_for_by_its_validators():
    cache = SoundCache()
    cache.receive(KEY, answer(etag='"1"', last_modified="Mon, 01 Jan 2024 00:00:00 GMT"), now=0.0)
    assert cache.fresh(KEY, now=0.0) is None
    assert cache.conditions(KEY) == {
        "If-None-Match": '"1"',
        "If-Modified-Since": "Mon, 01 Jan 2024 00:00:00 GMT",
    }


def test_not_modified_gives_the_kept_sound_a_new_age():
    cache = SoundCache()
    kept = answer(etag='"1"', cache_control="max-age=10")
    cache.receive(KEY, kept, now=0.0)
    assert cache.receive(KEY, answer(b"", 304, cache_control="max-age=10"), now=20.0) == kept
    assert cache.fresh(KEY, now=29.0) == kept


def test_not_modified_of_something_dropped_gives_nothing():
    assert SoundCache().receive(KEY, answer(b"", 304), now=0.0) is None


@pytest.mark.parametrize(
    "headers", [{}, {"cache_control": "no-store", "etag": '"1"'}, {"cache_control": "private"}]
)
def test_a_sound_that_may_not_be_kept_is_not(headers):
    cache = SoundCache()
    assert cache.receive(KEY, answer(**headers), now=0.0) is not None
    assert len(cache) == 0


def test_no_cache_means_ask_each_time():
    cache = SoundCache()
    cache.receive(KEY, answer(etag='"1"', cache_control="no-cache, max-age=60"), now=0.0)
    assert cache.fresh(KEY, now=1.0) is None
    assert cache.conditions(KEY)


def test_a_new_version_replaces_the_old_one():
    cache = SoundCache(largest=10)
    for version in range(10):
        cache.receive(KEY, answer(b"x" * 6, cache_control="max-age=9", etag=f'"{version}"'), now=0.0)
    assert cache.conditions(KEY) == {"If-None-Match": '"9"'}
    assert len(cache) == 1


def test_the_least_recently_used_makes_room():
    cache = SoundCache(largest=10)
    for name in ("a", "b", "c"):
        cache.receive(("t", name), answer(b"xxxx", cache_control="max-age=9"), now=0.0)
        cache.fresh(("t", "a"), now=1.0)
    assert cache.fresh(("t", "a"), now=1.0) is not None
    assert cache.fresh(("t", "b"), now=1.0) is None


def test_a_sound_larger_than_the_cache_is_passed_through():
    cache = SoundCache(largest=3)
    assert cache.receive(KEY, answer(b"xxxx", cache_control="max-age=9"), now=0.0) is not None
    assert len(cache) == 0

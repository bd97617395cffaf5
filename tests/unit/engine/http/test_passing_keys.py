from engine import ids
from engine.http.passing_keys import MOST, SCOPES, SECONDS, PassingKeys
from engine.http.permissions import read_scope


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_key_is_known_by_its_secret_until_it_ends():
    clock = Clock()
    keys = PassingKeys(clock)
    key = keys.grant()
    assert ids.is_sid(key.sid, ids.API_KEY)
    clock.now += SECONDS - 1
    assert keys.knows(key.sid, key.secret)
    assert not keys.knows(key.sid, key.secret + "x")
    assert not keys.knows(key.sid, "")
    clock.now += 1
    assert not keys.knows(key.sid, key.secret)


def test_nobody_is_known_before_a_key_was_granted():
    assert not PassingKeys(Clock()).knows("", "")


def test_more_keys_than_fit_cost_the_oldest_ones():
    keys = PassingKeys(Clock())
    granted = [keys.grant() for _ in range(MOST + 1)]
    assert not keys.knows(granted[0].sid, granted[0].secret)
    assert all(keys.knows(key.sid, key.secret) for key in granted[1:])


def test_keys_that_have_ended_take_no_place():
    clock = Clock()
    keys = PassingKeys(clock)
    for _ in range(MOST):
        keys.grant()
    clock.now += SECONDS
    granted = [keys.grant() for _ in range(MOST)]
    assert all(keys.knows(key.sid, key.secret) for key in granted)


def test_no_secret_is_kept():
    keys = PassingKeys(Clock())
    key = keys.grant()
    assert key.secret not in repr(vars(keys))


def test_every_scope_is_one_that_a_key_may_have():
    assert [read_scope(scope) for scope in SCOPES] == list(SCOPES)
    assert [scope for scope in SCOPES if not scope.endswith(":read")] == ["Calls"]

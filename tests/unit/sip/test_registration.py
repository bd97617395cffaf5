import itertools

import pytest

from sip.challenges import Login
from sip.digest import Challenge
from sip.message import Request, Response
from sip.registration import Registration, RegistrationState, RegistrationTarget
from tests.testkit.sip_messages import response

TARGET = RegistrationTarget(
    registrar="sip:carrier.example", record="sip:us@carrier.example", contact="<sip:us@192.0.2.1:5060>"
)
CHALLENGE = {"WWW-Authenticate": str(Challenge("carrier", "n1"))}


def registration(spread: float = 0.0) -> Registration:
    numbers = itertools.count(1)
    return Registration(TARGET, Login("us", "secret"), lambda: f"t{next(numbers)}", spread=lambda: spread)


def answer(to: Request | None, status: int = 200, **headers: str) -> Response:
    assert to is not None
    return response(status, headers={name.replace("_", "-"): value for name, value in headers.items()}, to=to)


def accepted(ours: Registration, now: float = 0.0, seconds: int = 3600) -> None:
    contact = f"<sip:other@198.51.100.9>;expires=7, {TARGET.contact};expires={seconds}"
    assert ours.receive_response(answer(ours.start(now), Contact=contact), now) is None


def test_it_asks_for_its_contact():
    sent = registration().start(0.0)
    assert (sent.method, sent.uri_text, sent.headers.get("Expires")) == (
        "REGISTER",
        "sip:carrier.example",
        "3600",
    )
    assert str(sent.contact) == TARGET.contact
    assert sent.from_.uri == sent.to.uri


def test_a_challenge_is_answered_and_the_answer_registers():
    ours = registration()
    first = ours.start(0.0)
    again = ours.receive_response(answer(first, 401, **CHALLENGE), 0.1)
    assert again is not None
    assert (again.cseq.number, again.call_id) == (2, first.call_id)
    assert not ours.registered(0.1)
    assert ours.receive_response(answer(again), 0.2) is None
    assert (ours.state, ours.registered(0.2), ours.last_status) == (RegistrationState.REGISTERED, True, 200)


@pytest.mark.parametrize(("granted", "refresh"), [(3600, 3510.0), (120, 60.0), (1, 5.0)])
def test_it_refreshes_before_what_was_granted_to_its_own_contact_runs_out(granted, refresh):
    ours = registration()
    accepted(ours, seconds=granted)
    assert ours.next_deadline() == refresh
    assert ours.handle_timers(refresh - 0.1) is None
    again = ours.handle_timers(refresh)
    assert again is not None
    assert (again.cseq.number, again.call_id) == (2, "t2")


def test_the_expires_header_counts_when_the_contact_is_not_listed():
    ours = registration()
    ours.receive_response(answer(ours.start(0.0), Expires="200"), 0.0)
    assert (ours.registered(199.0), ours.registered(200.0)) == (True, False)


def test_a_refresh_takes_the_nonce_it_knows():
    ours = registration()
    again = ours.receive_response(answer(ours.start(0.0), 401, **CHALLENGE), 0.0)
    ours.receive_response(answer(again), 0.0)
    refresh = ours.handle_timers(ours.next_deadline() or 0.0)
    assert refresh is not None
    assert "nc=00000002" in refresh.headers.get("Authorization", "")


def test_failures_are_retried_after_30_seconds_then_twice_as_long_up_to_half_an_hour():
    ours, now, waits = registration(), 0.0, []
    ours.start(now)
    for _ in range(8):
        ours.request_failed(now)
        assert ours.state is RegistrationState.WAITING
        deadline = ours.next_deadline()
        assert deadline is not None
        waits.append(deadline - now)
        now = deadline
        assert ours.handle_timers(now) is not None
    assert waits == [30, 60, 120, 240, 480, 960, 1800, 1800]


def test_the_wait_is_spread_over_its_second_half():
    ours = registration(spread=1.0)
    ours.start(0.0)
    ours.request_failed(0.0)
    assert ours.next_deadline() == 15.0


def test_retry_after_is_waited_for():
    ours = registration()
    ours.receive_response(answer(ours.start(0.0), 503, Retry_After="300 (busy);duration=9"), 0.0)
    assert (ours.next_deadline(), ours.last_status) == (300.0, 503)


def test_a_failed_refresh_leaves_it_registered_until_it_expires():
    ours = registration()
    accepted(ours, seconds=120)
    ours.handle_timers(60.0)
    ours.request_failed(92.0)
    assert ours.registered(119.0)
    assert not ours.registered(120.0)


def test_success_forgets_the_failures():
    ours = registration()
    ours.start(0.0)
    ours.request_failed(0.0)
    accepted(ours, 30.0)
    assert ours.failures == 0


def test_too_brief_an_interval_is_raised_once():
    ours = registration()
    again = ours.receive_response(answer(ours.start(0.0), 423, Min_Expires="7200"), 0.0)
    assert again is not None
    assert again.headers.get("Expires") == "7200"
    assert ours.receive_response(answer(again, 423, Min_Expires="9000"), 0.0) is None
    assert ours.state is RegistrationState.WAITING


def test_t10_endless_challenges_end_in_a_wait():
    ours = registration()
    sent: Request | None = ours.start(0.0)
    count = 0
    while sent is not None:
        count += 1
        fresh = str(Challenge("carrier", f"n{count}", stale=True))
        sent = ours.receive_response(answer(sent, 401, WWW_Authenticate=fresh), 0.0)
    assert (count, ours.state) == (3, RegistrationState.WAITING)


def test_stopping_takes_the_contact_away():
    ours = registration()
    accepted(ours)
    bye = ours.stop(10.0)
    assert bye is not None
    assert bye.headers.get("Expires") == "0"
    assert ours.receive_response(answer(bye), 10.1) is None
    assert (ours.state, ours.registered(10.1), ours.next_deadline()) == (
        RegistrationState.UNREGISTERED,
        False,
        None,
    )


def test_stopping_without_a_contact_there_says_nothing():
    ours = registration()
    assert ours.stop(0.0) is None
    ours.start(0.0)
    ours.request_failed(0.0)
    assert ours.stop(1.0) is None
    assert ours.next_deadline() is None


def test_an_unregister_that_fails_is_not_repeated():
    ours = registration()
    accepted(ours)
    ours.stop(10.0)
    ours.request_failed(42.0)
    assert (ours.state, ours.next_deadline()) == (RegistrationState.UNREGISTERED, None)


def test_answers_to_earlier_requests_and_provisional_ones_change_nothing():
    ours = registration()
    first = ours.start(0.0)
    again = ours.receive_response(answer(first, 401, **CHALLENGE), 0.0)
    assert ours.receive_response(answer(first, 403), 0.0) is None
    assert ours.receive_response(answer(again, 100), 0.0) is None
    assert ours.state is RegistrationState.REGISTERING

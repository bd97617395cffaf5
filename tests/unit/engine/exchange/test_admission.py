from engine.exchange.admission import Admission


def test_without_limits_every_call_is_let_in():
    admission = Admission()
    admission.live = 10_000
    assert admission.refusal(0.0) is None


def test_no_more_calls_than_allowed_at_a_time():
    admission = Admission(max_calls=2)
    admission.live = 1
    assert admission.refusal(0.0) is None
    admission.live = 2
    assert admission.refusal(0.0) == "max_calls"


def test_no_more_arrivals_than_allowed_in_any_second():
    admission = Admission(calls_per_second=2)
    assert [admission.refusal(at) for at in (0.0, 0.5, 0.9)] == [None, None, "calls_per_second"]
    assert admission.refusal(1.01) is None
    assert admission.refusal(1.02) == "calls_per_second"


def test_a_refused_arrival_does_not_count():
    admission = Admission(calls_per_second=1)
    assert [admission.refusal(at) for at in (0.0, 0.5, 0.99, 1.01)] == [
        None,
        "calls_per_second",
        "calls_per_second",
        None,
    ]


def test_while_draining_no_call_is_let_in():
    admission = Admission()
    admission.draining = True
    assert admission.refusal(0.0) == "draining"


def test_without_a_store_no_call_is_let_in_and_none_takes_a_place():
    healthy = [False]
    admission = Admission(calls_per_second=1, store_healthy=lambda: healthy[0])
    assert admission.refusal(0.0) == "store"
    healthy[0] = True
    assert admission.refusal(0.0) is None


def test_a_call_of_ours_to_ourselves_is_let_in_while_draining_within_the_other_limits():
    admission = Admission(max_calls=2)
    admission.draining = True
    assert admission.refusal(0.0, ours=True) is None
    admission.live = 2
    assert admission.refusal(0.0, ours=True) == "max_calls"

"""When the UAS core repeats a response."""

from sip.retransmission import Due, Retransmission
from sip.timers import TimerValues


def moments(*, capped: bool) -> list[tuple[float, Due | None]]:
    retransmission = Retransmission(0.0, TimerValues(), capped=capped)
    happened: list[tuple[float, Due | None]] = []
    while not happened or happened[-1][1] is not Due.GIVE_UP:
        at = retransmission.next_deadline()
        happened.append((at, retransmission.due(at)))
    return happened


def test_a_2xx_is_repeated_up_to_every_t2():
    assert [at for at, _ in moments(capped=True)] == [
        *(0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5, 32.0)
    ]


def test_a_reliable_1xx_is_repeated_with_doubling_intervals():
    assert [at for at, _ in moments(capped=False)] == [0.5, 1.5, 3.5, 7.5, 15.5, 31.5, 32.0]


def test_everything_but_the_last_is_a_repetition():
    assert [due for _, due in moments(capped=True)] == [Due.RESEND] * 10 + [Due.GIVE_UP]


def test_nothing_is_due_early():
    assert Retransmission(0.0, TimerValues(), capped=True).due(0.4) is None

from engine.switchboard.source_rate import MOST_SOURCES, SourceRate


def test_each_source_has_its_own_limit_and_every_second_begins_anew():
    rate = SourceRate(lambda: 2)
    assert [rate.admits("a", 1.0), rate.admits("a", 1.5), rate.admits("a", 1.9)] == [True, True, False]
    assert rate.admits("b", 1.9)
    assert rate.admits("a", 2.0)


def test_no_limit_admits_all():
    rate = SourceRate(lambda: 0)
    assert all(rate.admits("a", 1.0) for _ in range(100))


def test_more_sources_than_are_remembered_are_admitted_and_cost_no_memory():
    rate = SourceRate(lambda: 1)
    assert all(rate.admits(str(number), 1.0) for number in range(MOST_SOURCES + 10))
    assert not rate.admits("0", 1.0)

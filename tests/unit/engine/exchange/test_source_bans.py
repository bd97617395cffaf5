from engine.exchange.source_bans import SourceBans


def test_a_source_is_banned_at_the_named_failure_and_for_the_named_time():
    bans = SourceBans(3, 100.0)
    assert [bans.failed("192.0.2.1", now) for now in (0.0, 1.0, 2.0)] == [False, False, True]
    assert bans.banned("192.0.2.1", 101.9)
    assert not bans.banned("192.0.2.1", 102.0)
    assert not bans.banned("192.0.2.2", 3.0)
    assert (bans.count(3.0), bans.count(102.0)) == (1, 0)


def test_slow_failures_ban_nobody():
    bans = SourceBans(3, 100.0)
    assert not any(bans.failed("192.0.2.1", now) for now in range(0, 1000, 50))


def test_zero_failures_turn_bans_off():
    bans = SourceBans(0, 100.0)
    assert not any(bans.failed("192.0.2.1", 0.0) for _ in range(50))
    assert not bans.banned("192.0.2.1", 0.0)


def test_a_network_of_ipv6_addresses_is_one_source():
    bans = SourceBans(2, 100.0)
    bans.failed("2001:db8::1", 0.0)
    assert bans.failed("2001:db8::ffff", 0.0)
    assert bans.banned("2001:db8::2", 1.0)
    assert not bans.banned("2001:db8:0:1::1", 1.0)


def test_no_more_sources_are_remembered_than_asked_for():
    bans = SourceBans(1, 100.0, remembered=2)
    for host in ("192.0.2.1", "192.0.2.2", "192.0.2.3"):
        bans.failed(host, 0.0)
    assert [bans.banned(f"192.0.2.{n}", 1.0) for n in (1, 2, 3)] == [False, True, True]


def test_a_host_that_is_no_address_counts_as_it_is_written():
    bans = SourceBans(1, 100.0)
    assert bans.failed("browser", 0.0)
    assert bans.banned("browser", 1.0)

"""The figures of a leg's sound in its call's record."""

from engine.http.resources.calls import ShownQuality
from engine.journal.call_quality import described
from tests.testkit.leg_statistics import leg_statistics as statistics


def test_a_clean_leg_with_reports_has_both_scores_near_the_best():
    told = described(
        statistics(
            packets_received=500, packets_sent=500, jitter=0.0012, delay=0.02,
            round_trip=0.05, remote_packets_lost=0, remote_jitter=0.002,
        ),
        "PCMU",
    )  # fmt: skip
    assert told["mos_heard"] > 4.3
    assert told["mos_sent"] > 4.3
    assert (told["jitter_ms"], told["added_delay_ms"], told["round_trip_ms"]) == (1.2, 40.0, 50.0)
    assert (told["codec"], told["remote_jitter_ms"]) == ("PCMU", 2.0)


def test_lost_and_late_packets_lower_what_is_heard_and_not_what_is_sent():
    received = {"packets_received": 950, "packets_lost": 50, "frames_late": 50, "packets_sent": 1000}
    told = described(statistics(**received, remote_packets_lost=0), "PCMU")
    assert told["mos_heard"] < 3.6
    assert told["mos_sent"] > 4.3


def test_duplicates_neither_count_as_lost_nor_hide_what_was():
    doubled = described(statistics(packets_received=1020, packets_duplicated=20, packets_lost=-20), "PCMU")
    assert (doubled["packets_lost"], doubled["mos_heard"] > 4.3) == (0, True)
    both = described(statistics(packets_received=1000, packets_duplicated=50, packets_lost=0), "PCMU")
    assert both["packets_lost"] == 50
    assert both["mos_heard"] < 4.0


def test_duplicates_that_srtp_dropped_are_no_losses():
    told = described(statistics(packets_received=1000, packets_duplicated=50, packets_replayed=50), "PCMU")
    assert (told["packets_lost"], told["mos_heard"] > 4.3) == (0, True)
    lost = described(
        statistics(packets_received=950, packets_lost=50, packets_duplicated=50, packets_replayed=50), "PCMU"
    )
    assert lost["packets_lost"] == 50


def test_losses_that_the_peer_reports_lower_what_is_sent():
    told = described(statistics(packets_received=100, packets_sent=1000, remote_packets_lost=100), "PCMU")
    assert told["mos_sent"] < 3.6
    assert told["mos_heard"] > 4.3


def test_what_was_never_reported_is_unknown():
    told = described(statistics(packets_received=500, packets_sent=500), "PCMA")
    shown = ShownQuality.model_validate(told).model_dump(mode="json")
    unknown = {name for name, value in shown.items() if value == "unknown"}
    assert unknown == {"round_trip_ms", "remote_packets_lost", "remote_jitter_ms", "mos_sent"}
    assert shown["mos_heard"] > 4.3


def test_of_a_party_that_sent_nothing_no_opinion_is_given():
    shown = ShownQuality.model_validate(described(statistics(packets_sent=9), "PCMU")).model_dump(mode="json")
    assert (shown["mos_heard"], shown["jitter_ms"], shown["added_delay_ms"]) == ("unknown",) * 3


def test_a_peer_that_reports_rubbish_gets_the_worst_score_and_breaks_nothing():
    told = described(statistics(packets_received=1, packets_sent=1, remote_packets_lost=8_388_607), "PCMU")
    assert 1.0 <= told["mos_sent"] < 1.5
    told = described(statistics(packets_received=1, packets_sent=9, remote_packets_lost=-5), "PCMU")
    assert told["mos_sent"] > 4.3

"""The jitter buffer on bad networks, by the figures that the media plane promises. Simulated time."""

import numpy as np
import pytest

from media.codecs import g711
from media.plane.compiled import JIT
from media.sound import Samples
from tests.testkit.impaired_leg import RATE, ImpairedLeg
from tests.testkit.impairment import ImpairedPath, Impairments
from tests.testkit.speech_like import speech_like

LEAST = 0.1
"""Seconds that the network takes without its jitter."""
CLEAN = Impairments(delay=LEAST)
SEEDS = (1, 2, 3)


@pytest.fixture(scope="module")
def voice() -> Samples:
    return speech_like(12.0)


def unrepeated(seconds: float) -> Samples:
    """Return sound that never repeats, so that a piece of it has one place only."""
    steps = np.random.default_rng(7).integers(-300, 300, round(RATE * seconds))
    return (np.cumsum(steps) % 20000 - 10000).astype(np.int16)


def pieces_heard(said: Samples, heard: Samples, length: int = 80) -> float:
    """Return the share of the pieces of `heard`, 10 ms each, that are bit by bit pieces of `said`."""
    coded = g711.decode_mulaw(g711.encode_mulaw(said))
    windows = np.lib.stride_tricks.sliding_window_view(np.concatenate([coded, coded[:length]]), length)
    known = {window.tobytes() for window in windows}
    cut = heard[: len(heard) // length * length].reshape(-1, length)
    return sum(piece.tobytes() in known for piece in cut) / len(cut)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("jitter", [0.02, 0.04, 0.08])
def test_jitter_is_learned_within_4_seconds_and_its_delay_is_given_back_within_10(voice, jitter, seed):
    leg = ImpairedLeg(voice)
    rough = ImpairedPath(Impairments(delay=LEAST, jitter=jitter), seed)
    leg.listen(rough, 4.0)
    learned = leg.listen(rough, 20.0)
    assert (learned.late, learned.concealed) == (0, 0)
    # The slowest packet comes `jitter` after the mean one; 40 ms are the ticks of both sides.
    assert learned.delay.max() - LEAST <= jitter + 0.04
    clean = ImpairedPath(CLEAN)
    leg.listen(clean, 10.0)
    after = leg.listen(clean, 2.0)
    assert after.delay.max() - LEAST <= 0.06
    assert (after.late, after.concealed) == (0, 0)


@pytest.mark.parametrize("phase", range(0, 20, 3))
def test_a_clean_network_costs_30_to_50_ms_whenever_in_the_tick_the_packets_come(voice, phase):
    least = LEAST + phase / 1000
    heard = ImpairedLeg(voice).listen(ImpairedPath(Impairments(delay=least)), 10.0)
    settled = heard.delay[20:] - least
    assert 0.0299 <= settled.min() <= settled.max() < 0.05


@pytest.mark.skipif(not JIT, reason="an hour of ticks needs the compiled kernels")
@pytest.mark.parametrize("parts_per_million", [500, -500])
def test_an_hour_with_a_clock_that_drifts_loses_nothing_and_keeps_the_delay(voice, parts_per_million):
    leg = ImpairedLeg(voice, parts_per_million)
    path = ImpairedPath(Impairments(delay=LEAST, jitter=0.005))
    for minute in range(60):
        heard = leg.listen(path, 60.0)
        assert (heard.late, heard.concealed) == (0, 0), f"minute {minute}"
        assert heard.delay[50:].max() - LEAST <= 0.06, f"minute {minute}"
        assert heard.delay[50:].min() - LEAST >= 0.005, f"minute {minute}"
    loudness = np.sqrt(np.mean(heard.heard.astype(np.float64) ** 2))
    assert loudness == pytest.approx(np.sqrt(np.mean(voice.astype(np.float64) ** 2)), rel=0.05)


@pytest.mark.parametrize(
    "impairments",
    [Impairments(delay=LEAST, reorder=0.05), Impairments(delay=LEAST, duplicate=0.02)],
    ids=["reorder 5 %", "duplicates 2 %"],
)
def test_reordered_and_doubled_packets_are_heard_as_they_were_said(impairments):
    said = unrepeated(4.0)
    leg = ImpairedLeg(said)
    path = ImpairedPath(impairments, seed=5)
    leg.listen(path, 4.0)
    heard = leg.listen(path, 20.0)
    assert (heard.late, heard.concealed) == (0, 0)
    assert pieces_heard(said, heard.heard) == 1.0


@pytest.mark.parametrize("seed", SEEDS)
def test_a_burst_of_losses_spoils_no_more_than_itself_and_its_edges(seed):
    said = unrepeated(4.0)
    leg, path = ImpairedLeg(said), ImpairedPath(Impairments(delay=LEAST, loss=0.05, burst=5.0), seed)
    leg.listen(path, 2.0)
    before = path.lost
    heard = leg.listen(path, 20.0)
    lost = (path.lost - before) / 1000
    assert lost > 0.02
    assert heard.late == 0
    # Each burst of five frames may cost one more, in which the sound leads back.
    assert pieces_heard(said, heard.heard) >= 1 - lost * 1.25
    assert heard.delay.max() - LEAST <= 0.06


def test_a_long_burst_fades_to_silence_instead_of_buzzing(voice):
    leg = ImpairedLeg(voice)
    leg.listen(ImpairedPath(CLEAN), 4.0)
    gone = leg.listen(ImpairedPath(Impairments(loss=1.0)), 2.0)
    # What is under way, the buffer, and 60 ms of invention.
    assert not gone.heard[round((LEAST + 0.03 + 0.06) * RATE) + 160 :].any()
    back = leg.listen(ImpairedPath(CLEAN), 4.0)
    assert back.delay[-1] - LEAST <= 0.06
    assert back.heard[RATE:].any()


def test_everything_at_once_leaves_nine_tenths_of_the_voice_untouched():
    said = unrepeated(4.0)
    leg = ImpairedLeg(said, 100.0)
    path = ImpairedPath(
        Impairments(delay=LEAST, jitter=0.02, loss=0.02, burst=2.0, reorder=0.05, duplicate=0.02), seed=9
    )
    leg.listen(path, 4.0)
    heard = leg.listen(path, 20.0)
    assert pieces_heard(said, heard.heard) >= 0.9
    assert heard.delay.max() - LEAST <= 0.09


def spectral_distance(one: Samples, other: Samples) -> float:
    """Return how far the spectra of two sounds are apart: decibels, root mean square over bins and frames."""
    window, floor = np.hanning(256), 100.0

    def decibels(sound: Samples) -> np.ndarray:
        frames = np.lib.stride_tricks.sliding_window_view(sound.astype(np.float64), 256)[::80] * window
        return 20 * np.log10(np.abs(np.fft.rfft(frames)) + floor)

    return float(np.sqrt(np.mean((decibels(one) - decibels(other)) ** 2)))


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_invented_for_5_percent_of_losses_is_nearer_to_the_voice_than_silence(voice, seed):
    whole, holed = ImpairedLeg(voice), ImpairedLeg(voice)
    clean = whole.listen(ImpairedPath(CLEAN, seed), 20.0)
    lossy = holed.listen(ImpairedPath(Impairments(delay=LEAST, loss=0.05), seed), 20.0)
    assert np.array_equal(clean.delay, lossy.delay), "both are heard at the same times, so they compare"
    frames = clean.heard.reshape(-1, 160), lossy.heard.reshape(-1, 160)
    silenced = np.where((frames[0] == frames[1]).all(axis=1, keepdims=True), frames[1], 0).astype(np.int16)
    invented = spectral_distance(clean.heard, lossy.heard)
    silent = spectral_distance(clean.heard, silenced.reshape(-1))
    assert lossy.concealed > 20
    assert invented < 0.5 * silent, (invented, silent)

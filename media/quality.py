"""How good a call sounds, estimated from what was measured: the E-model (ITU-T G.107).

Everything is rated on the scale of narrowband telephony, where 4.4 is the best: a wideband leg sounds
better than its figure, and loses as much by what is lost. All that the network did not do has the
model's default values.
"""

from __future__ import annotations

from dataclasses import dataclass

BEST = 93.2
"""The rating R of a connection without fault (G.107 table 3: all parameters at their defaults)."""
ROBUSTNESS = 25.1
"""The packet loss robustness Bpl of G.711 with concealment, random loss (G.113 Appendix I)."""
BOTHERSOME_DELAY = 177.3
"""Milliseconds from mouth to ear beyond which those who talk get in each other's way."""


@dataclass(frozen=True, slots=True)
class Path:
    """What one direction of a call went through."""

    loss: float
    """Share of the packets that were not heard: lost, or too late."""
    delay: float
    """Seconds from mouth to ear, as far as they are known."""


def rating(path: Path) -> float:
    """Return R, from 0 to :data:`BEST`.

    The delay's part is the line that fits G.107's own formulas to within a point up to 400 ms, with an
    echo of 65 dB as its defaults have it.
    """
    delay_ms = 1000 * max(path.delay, 0.0)
    by_delay = 0.024 * delay_ms + 0.11 * max(delay_ms - BOTHERSOME_DELAY, 0.0)
    lost_percent = 100 * min(max(path.loss, 0.0), 1.0)
    by_loss = 95 * lost_percent / (lost_percent + ROBUSTNESS)
    return max(BEST - by_delay - by_loss, 0.0)


def mean_opinion_score(path: Path) -> float:
    """Return the MOS that people would give, from 1 (bad) to 4.5 (G.107 annex B)."""
    r = rating(path)
    return max(1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6, 1.0)

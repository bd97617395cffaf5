"""Draws what the media plane does as load and network change: ``python -m benchmarks.plots [folder]``.

Writes ``cpu-per-leg.png`` (measured now, on this machine, plane and floor at once) and ``buffer-depth.png``
(simulated time, the same everywhere) into docs/images, or into the folder.
"""

import sys
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib import pyplot

from benchmarks.media_legs import KINDS, measure, per_leg_second
from tests.testkit.impaired_leg import ImpairedLeg
from tests.testkit.impairment import ImpairedPath, Impairments
from tests.testkit.speech_like import speech_like

LEGS = (10, 20, 50, 100, 200, 400)
ROOM = 10
JITTERS_MS = range(0, 101, 10)
"""Up to what the buffer's limit, 200 ms behind the fastest packet, can take."""
LEAST = 0.2
"""Seconds that the simulated network takes without its jitter; more than any jitter drawn."""
LEARNING, MEASURED = 5.0, 30.0
NAMES = {"plane": "Dialplane, rooms of ten", "floor": "the same packets read and sent by a compiled loop"}


def cpu_per_leg(folder):
    """Measure rooms of ten beside the bare kernel, for more and more legs."""
    found: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for legs in LEGS:
        before, after = measure(legs, ROOM)
        for kind in KINDS:
            found[kind].append(per_leg_second(before[kind], after[kind], legs)[0])
            print(f"{kind}_{legs}_legs {found[kind][-1]:.3f} ms/leg-second", flush=True)
    figure, axes = pyplot.subplots(figsize=(7, 4))
    for kind in KINDS:
        axes.plot(LEGS, found[kind], marker="o", label=NAMES[kind])
    axes.set(xscale="log", xlabel="legs", ylabel="CPU of a leg, ms in a second", ylim=(0, None))
    axes.set_xticks(LEGS, [str(legs) for legs in LEGS])
    axes.set_title("What a leg costs: G.711, 20 ms, every leg sends and receives")
    save(figure, axes, folder / "cpu-per-leg.png")


def buffer_depth(folder):
    """Let a leg learn each jitter, and see how far behind the fastest packet it hears."""
    depths, concealed = [], []
    voice = speech_like(12.0)
    for jitter_ms in JITTERS_MS:
        leg = ImpairedLeg(voice)
        path = ImpairedPath(Impairments(delay=LEAST, jitter=jitter_ms / 1000), seed=1)
        leg.listen(path, LEARNING)
        heard = leg.listen(path, MEASURED)
        # Packets come up to the jitter early and late: the fastest takes so much less than LEAST.
        depths.append(1000 * (heard.delay - LEAST) + jitter_ms)
        concealed.append(100 * heard.concealed / len(heard.delay))
        print(f"jitter_{jitter_ms} {np.median(depths[-1]):.1f} ms {concealed[-1]:.2f} %", flush=True)
    figure, axes = pyplot.subplots(figsize=(7, 4))
    axes.plot(JITTERS_MS, [np.median(depth) for depth in depths], marker="o", label="Dialplane")
    axes.plot(JITTERS_MS, [2 * jitter for jitter in JITTERS_MS], "k:", label="what no buffer can do without")
    axes.set(xlabel="jitter, ± ms", ylabel="heard behind the fastest packet, ms", ylim=(0, None))
    axes.set_title(f"Depth of the jitter buffer: at most {max(concealed):.1f} % of the frames invented")
    save(figure, axes, folder / "buffer-depth.png")


def save(figure, axes, path):
    axes.grid(alpha=0.3)
    axes.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=110, metadata={"Software": None})
    print(f"wrote {path}")


def main():
    matplotlib.use("Agg")
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images")
    folder.mkdir(parents=True, exist_ok=True)
    for draw in (buffer_depth, cpu_per_leg):
        draw(folder)


if __name__ == "__main__":
    main()

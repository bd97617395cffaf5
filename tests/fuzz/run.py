"""Feeds one parser mutated inputs, and says which it took badly. ``make fuzz-short`` runs all of them.

Run: python -m tests.fuzz.run [inputs for each parser] [seed] [parser ...]
A parser has a process of its own, as many at a time as there are processors.
What a parser takes badly is kept in tests/corpora, so that every later run begins with it.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

from tests.fuzz.targets import CORPORA, TARGETS, Target
from tests.testkit.mutator import Mutator

SLOW = 0.005
"""Seconds of processor time for 64 kB; nothing on the event loop may take longer (quiet loop)."""
SHORT = 2_000_000
"""Inputs for each parser."""


@dataclass(frozen=True)
class Finding:
    """An input that was taken badly, and how."""

    data: bytes
    what: str


def seconds_for(target: Target, data: bytes) -> float:
    """Return the processor time that one reading takes; raises what is not the parser's own."""
    begun = time.thread_time()
    with contextlib.suppress(*target.own):
        target.read(data)
    return time.thread_time() - begun


def least_seconds(target: Target, data: bytes, beyond: float) -> float:
    """Return the processor time of a reading; beyond so many seconds, that of the quickest of six."""
    took = seconds_for(target, data)
    if took <= beyond:
        return took
    # The first reading may have paid for the garbage of others.
    return min(took, *(seconds_for(target, data) for _ in range(5)))


def judge(target: Target, data: bytes, beyond: float = SLOW) -> tuple[float, str | None]:
    """Return the seconds that ``target`` takes for ``data``, and what is wrong with how it takes it."""
    try:
        took = least_seconds(target, data, beyond)
    except Exception as error:
        return 0.0, f"raised {error!r}"
    slow = target.quick and took > SLOW
    return took, f"{took * 1000:.1f} ms for {len(data)} octets" if slow else None


def inputs(target: Target, seed: int) -> Iterator[bytes]:
    """Yield the corpus, then mutants of it without end."""
    corpus = target.corpus()
    yield from (data[: target.largest] for data in corpus)
    mutator = Mutator(corpus, seed, target.changes)
    while True:
        yield mutator.next()[: target.largest]


@dataclass
class Tally:
    """What a parser was given, and how it took it."""

    inputs: int = 0
    lasted: float = 0.0
    slowest: float = 0.0
    octets: int = 0
    """Octets of the slowest input."""
    findings: dict[str, Finding] = field(default_factory=dict)
    """The first input of each kind that was taken badly."""

    def take(self, target: Target, data: bytes) -> None:
        """Give the parser an input."""
        took, what = judge(target, data, min(self.slowest, SLOW))
        self.inputs += 1
        if took > self.slowest:
            self.slowest, self.octets = took, len(data)
        if what is not None:
            kind = what.lstrip("0123456789.").partition("(")[0][:3]
            self.findings.setdefault(kind, Finding(data, what))

    def __str__(self) -> str:
        return (
            f"{self.inputs:9} inputs in {self.lasted:5.0f} s, slowest {self.slowest * 1000:6.2f} ms "
            f"for {self.octets:5} octets, {len(self.findings)} taken badly"
        )


def fuzz(name: str, count: int, seed: int) -> Tally:
    """Give a parser so many inputs."""
    target = next(target for target in TARGETS if target.name == name)
    tally = Tally()
    begun = time.monotonic()
    for data in itertools.islice(inputs(target, seed), count):
        tally.take(target, data)
    tally.lasted = time.monotonic() - begun
    return tally


def main(names: Sequence[str], count: int = SHORT, seed: int = 0) -> int:
    """Fuzz the parsers that are named, or all, and return the exit code."""
    seed = seed or time.time_ns()
    chosen = [target for target in TARGETS if not names or target.name in names]
    found = 0
    sys.stdout.write(f"seed {seed}\n")
    with ProcessPoolExecutor() as processes:
        running = [processes.submit(fuzz, target.name, count, seed) for target in chosen]
        for target, work in zip(chosen, running, strict=True):
            tally = work.result()
            sys.stdout.write(f"{target.name:18} {tally}\n")
            keep(target, tally.findings.values())
            found += len(tally.findings)
    return 1 if found else 0


def keep(target: Target, findings: Iterable[Finding]) -> None:
    """Write what was taken badly into the corpus, and say how."""
    for finding in findings:
        kept = CORPORA / target.name / f"found-{hashlib.sha256(finding.data).hexdigest()[:12]}"
        kept.write_bytes(finding.data)
        sys.stdout.write(f"  {finding.what}: {kept.name}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    numbers = dict(zip(("count", "seed"), map(int, sys.argv[1:3]), strict=False))
    sys.exit(main(sys.argv[3:], **numbers))

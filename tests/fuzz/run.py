"""Feeds one parser mutated inputs, and says which it took badly. ``make fuzz-short`` runs all of them.

Run: python -m tests.fuzz.run [inputs for each parser] [seed]
A parser has a process of its own, as many at a time as there are processors.
What a parser takes badly is kept in tests/corpora, so that every later run begins with it.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

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


def judge(target: Target, data: bytes) -> str | None:
    """Return what is wrong with how ``target`` takes ``data``, or None."""
    try:
        # The first reading may have paid for the garbage of others.
        if seconds_for(target, data) > SLOW and target.quick:
            quickest = min(seconds_for(target, data) for _ in range(5))
            if quickest > SLOW:
                return f"{quickest * 1000:.1f} ms for {len(data)} octets"
    except Exception as error:
        return f"raised {error!r}"
    return None


def inputs(target: Target, seed: int) -> Iterator[bytes]:
    """Yield the corpus, then mutants of it without end."""
    corpus = target.corpus()
    yield from (data[: target.largest] for data in corpus)
    mutator = Mutator(corpus, seed)
    while True:
        yield mutator.next()[: target.largest]


def fuzz(name: str, count: int, seed: int) -> tuple[float, list[Finding]]:
    """Return how long the inputs of a parser took, in seconds, and the first of each kind taken badly."""
    target = next(target for target in TARGETS if target.name == name)
    findings: dict[str, Finding] = {}
    begun = time.monotonic()
    for data in itertools.islice(inputs(target, seed), count):
        what = judge(target, data)
        if what is not None:
            findings.setdefault(what.lstrip("0123456789.").partition("(")[0][:3], Finding(data, what))
    return time.monotonic() - begun, list(findings.values())


def main(count: int = SHORT, seed: int = 0) -> int:
    """Fuzz every parser and return the exit code."""
    seed = seed or time.time_ns()
    found = 0
    sys.stdout.write(f"seed {seed}\n")
    with ProcessPoolExecutor() as processes:
        running = [processes.submit(fuzz, target.name, count, seed) for target in TARGETS]
        for target, work in zip(TARGETS, running, strict=True):
            lasted, findings = work.result()
            sys.stdout.write(
                f"{target.name:18} {count:9} inputs in {lasted:5.0f} s, {len(findings)} taken badly\n"
            )
            keep(target, findings)
            found += len(findings)
    return 1 if found else 0


def keep(target: Target, findings: list[Finding]) -> None:
    """Write what was taken badly into the corpus, and say how."""
    for finding in findings:
        kept = CORPORA / target.name / f"found-{hashlib.sha256(finding.data).hexdigest()[:12]}"
        kept.write_bytes(finding.data)
        sys.stdout.write(f"  {finding.what}: {kept.name}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))

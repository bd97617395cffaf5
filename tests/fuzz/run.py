"""Feeds one parser mutated inputs, and says which it took badly. ``make fuzz-short`` runs all of them.

Run: python -m tests.fuzz.run [seconds for each parser] [seed]
What a parser takes badly is kept in tests/corpora, so that every later run begins with it.
"""

from __future__ import annotations

import contextlib
import hashlib
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

from tests.fuzz.targets import CORPORA, TARGETS, Target
from tests.testkit.mutator import Mutator

SLOW = 0.005
"""Seconds of processor time for 64 kB; nothing on the event loop may take longer (quiet loop)."""
SHORT = 10.0


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


def fuzz(target: Target, seconds: float, seed: int) -> tuple[int, list[Finding]]:
    """Return how many inputs were tried, and the first of each kind taken badly."""
    findings: dict[str, Finding] = {}
    until = time.monotonic() + seconds
    tried = 0
    for data in inputs(target, seed):
        tried += 1
        what = judge(target, data)
        if what is not None:
            findings.setdefault(what.lstrip("0123456789.").partition("(")[0][:3], Finding(data, what))
        if time.monotonic() > until:
            break
    return tried, list(findings.values())


def main(seconds: float = SHORT, seed: int = 0) -> int:
    """Fuzz every parser and return the exit code."""
    seed = seed or time.time_ns()
    found = 0
    sys.stdout.write(f"seed {seed}\n")
    for target in TARGETS:
        count, findings = fuzz(target, seconds, seed)
        sys.stdout.write(f"{target.name:16} {count:9} inputs, {len(findings)} taken badly\n")
        for finding in findings:
            kept = CORPORA / target.name / f"found-{hashlib.sha256(finding.data).hexdigest()[:12]}"
            kept.write_bytes(finding.data)
            sys.stdout.write(f"  {finding.what}: {kept.name}\n")
        found += len(findings)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*(kind(text) for kind, text in zip((float, int), sys.argv[1:], strict=False))))

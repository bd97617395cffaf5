"""Feeds a parser inputs that its coverage leads to (atheris), from its corpus on. ``make fuzz`` runs all.

Run: python -m tests.fuzz.guided [seconds for each parser] [parser ...]
Each parser has a process of its own. What reached new code is kept under .fuzz, so that the next run goes on
from it; what a parser took badly is judged once more without instrumentation, which costs time, and
then kept in tests/corpora. Atheris is not among the test tools: `make fuzz` installs it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRATCH = ROOT / ".fuzz"
SECONDS = 60
MEMORY = 2048
"""Megabytes that a process may use: what allocates from a declared length stands out."""
SLOWED_BY = 4.0
"""How much longer a parser takes with its branches counted, at most."""
CHILD = "--in-this-process"


def explore(name: str, seconds: int) -> None:
    """Fuzz one parser in this process, which libFuzzer ends; suspects are left in a folder."""
    import atheris

    with atheris.instrument_imports(include=["sip", "media", "rcml", "engine", "aioice", "jwt"]):
        from tests.fuzz.run import SLOW, seconds_for
        from tests.fuzz.targets import CORPORA, TARGETS
    target = next(target for target in TARGETS if target.name == name)
    grown, suspects = SCRATCH / name, SCRATCH / f"{name}-suspects"
    grown.mkdir(parents=True, exist_ok=True)
    suspects.mkdir(exist_ok=True)
    kinds: set[str] = set()

    def take(data: bytes) -> None:
        kind = ""
        try:
            if seconds_for(target, data) > SLOW * SLOWED_BY and target.quick:
                kind = f"slow-{len(data) // 8192}"
        except Exception as error:
            kind = f"raised {error!r}"[:60]
        if kind and kind not in kinds:
            kinds.add(kind)
            (suspects / hashlib.sha256(data).hexdigest()[:12]).write_bytes(data)

    options = [
        f"-max_total_time={seconds}",
        f"-max_len={target.largest}",
        f"-rss_limit_mb={MEMORY}",
        "-len_control=20",
        "-print_final_stats=1",
        "-verbosity=0",
    ]
    atheris.Setup([name, *options, str(grown), str(CORPORA / name)], take)
    atheris.Fuzz()


def run(name: str, seconds: int) -> tuple[int, int, str]:
    """Fuzz one parser in a process of its own; return the inputs tried, the grown corpus and the failure."""
    command = [sys.executable, "-m", "tests.fuzz.guided", CHILD, str(seconds), name]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace")
    tried = re.search(r"number_of_executed_units: (\d+)", done.stderr)
    failure = "" if done.returncode == 0 else done.stderr[-2000:]
    return int(tried[1]) if tried else 0, len(os.listdir(SCRATCH / name)), failure


def keep_findings(name: str) -> list[str]:
    """Judge the suspects of a run; move those that were taken badly to the corpus, and say how."""
    from tests.fuzz.run import judge
    from tests.fuzz.targets import CORPORA, TARGETS

    target = next(target for target in TARGETS if target.name == name)
    found = []
    for path in sorted((SCRATCH / f"{name}-suspects").iterdir()):
        _, what = judge(target, path.read_bytes())
        if what is not None:
            (CORPORA / name / f"found-{path.name}").write_bytes(path.read_bytes())
            found.append(f"{what}: found-{path.name}")
        path.unlink()
    return found


def main(arguments: list[str]) -> int:
    """Fuzz the parsers that are named, or all; return the exit code."""
    seconds = int(arguments[0]) if arguments else SECONDS
    from tests.fuzz.targets import TARGETS

    bad = False
    for name in arguments[1:] or [target.name for target in TARGETS]:
        tried, grown, failure = run(name, seconds)
        found = keep_findings(name)
        sys.stdout.write(f"{name:18} {tried:10} inputs, {grown:5} reach new code, {len(found)} taken badly\n")
        sys.stdout.writelines(f"  {line}\n" for line in [*found, *failure.splitlines()])
        sys.stdout.flush()
        bad = bad or bool(found or failure)
    return int(bad)


if __name__ == "__main__":
    if sys.argv[1:2] == [CHILD]:
        explore(sys.argv[3], int(sys.argv[2]))
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main(sys.argv[1:]))

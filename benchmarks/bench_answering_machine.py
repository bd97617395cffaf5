"""How many of 53 made-up greetings are told for what they are, each over several lines, and how soon.

``bench_answering_machine.py [LINES]``; a line is a seed: the voice, its level, the noise and the pauses.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter
from statistics import median

from tests.testkit.greetings import Answers, greetings, judge

LINES = int(sys.argv[1]) if len(sys.argv) > 1 else 10
SEED = 1000


async def main() -> None:
    answers, right, total = Answers(), Counter[str](), Counter[str]()
    frames, spent, humans, machines = 0, 0.0, list[float](), list[float]()
    for number, greeting in enumerate(greetings()):
        for seed in range(LINES):
            line = await answers.line(greeting, SEED + LINES * number + seed)
            kind = "machine" if greeting.is_machine else "human"
            begun = time.thread_time()
            early, after = judge(line, until_message_end=False)
            end, heard = judge(line, until_message_end=True)
            spent += time.thread_time() - begun
            frames += round((after + heard) * 50)
            (machines if greeting.is_machine else humans).append(after)
            verdicts = (
                (kind, early.startswith(kind)),
                (f"end_{greeting.expected}", end == greeting.expected),
            )
            for name, is_right in verdicts:
                total[name] += 1
                right[name] += is_right
            if not early.startswith(kind) or end != greeting.expected:
                print(f"# {greeting.text[:50]!r} seed {seed}: {early}, {end}, not {greeting.expected}")
    await answers.close()
    for name in sorted(total):
        print(f"amd_{name}_right {100 * right[name] / total[name]:.1f} % of {total[name]}")
    print(f"amd_human_known_after {median(humans):.2f} s")
    print(f"amd_machine_known_after {median(machines):.2f} s")
    print(f"amd_frame {1e6 * spent / frames:.1f} us")


if __name__ == "__main__":
    asyncio.run(main())

"""RCML documents parsed per second: `python benchmarks/bench_rcml.py`.

Prints `name value unit` lines. The floor is lxml alone on the same bytes.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from lxml import etree

from rcml.errors import RcmlError
from rcml.parser import parse

URL = "http://app.test/menu"
MENU = b"""<?xml version="1.0" encoding="UTF-8"?>
<Response>
  <Gather action="/choice?from=menu&step=1" numDigits="1" timeout="8">
    <Say voice="woman">For opening hours press one.</Say>
    <Play>/sounds/menu.wav</Play>
  </Gather>
  <Say>We did not hear from you.</Say>
  <Redirect>/menu</Redirect>
</Response>
"""
DOCUMENTS = {
    "hello": b"<Response><Say>Hello</Say></Response>",
    "menu": MENU,
    "thousand_verbs": b"<Response>" + b"<Pause/>" * 1000 + b"</Response>",
}
HOSTILE = {
    "ampersands_64k": b"<Say>" + b"&" * 64_000 + b"</Say>",
    "elements_64k": b"<R>" + b"<a/>" * 16_000 + b"</R>",
    "gathers_9k": b"<R>" + b"<Gather/>" * 1000 + b"</R>",
    "elements_1m": b"<R>" + b"<a/>" * 250_000 + b"</R>",
    "attributes_64k": b"<Say " + b" ".join(b"a%05d=''" % number for number in range(6_400)) + b"/>",
}


def seconds_per_call(function: Callable[[], object], within: float = 0.5) -> float:
    """Return the best of five averages, each over a fifth of ``within`` seconds of CPU time."""
    best = float("inf")
    for _ in range(5):
        count, begin = 0, time.process_time()
        while (taken := time.process_time() - begin) < within / 5:
            function()
            count += 1
        best = min(best, taken / count)
    return best


def refused(body: bytes) -> None:
    """Parse a body that may be refused."""
    try:
        parse(body, "text/xml", URL)
    except RcmlError:
        return


def main() -> None:
    """Measure, and print one line for each figure."""
    for name, body in DOCUMENTS.items():
        rate = 1 / seconds_per_call(partial(parse, body, "text/xml", URL))
        floor = 1 / seconds_per_call(partial(etree.fromstring, body.replace(b"&", b"&amp;")))
        print(f"rcml_parse_{name} {rate:.0f} documents/s")
        print(f"rcml_parse_{name}_floor {floor:.0f} documents/s")
    for name, body in HOSTILE.items():
        print(f"rcml_hostile_{name} {1e3 * seconds_per_call(partial(refused, body)):.2f} ms")


if __name__ == "__main__":
    main()

"""Documents that make a careless parser slow or large: the cost of refusing is that of what was accepted."""

import time
import tracemalloc
from contextlib import suppress

import pytest

from rcml.content import MAX_BYTES
from rcml.errors import RcmlError
from rcml.parser import parse, parse_xml

ATTRIBUTES = " ".join(f'a{n}="x"' for n in range(80_000))
LONG = "a" * 50_000
HEAD = "<!DOCTYPE r ["
LAUGHS = "".join(f"<!ENTITY l{n} '{(chr(38) + f'l{n - 1};') * 10}'>" for n in range(1, 10))
BOMBS = {
    "billion laughs": f'{HEAD}<!ENTITY l0 "ha">{LAUGHS}]><Response><Say>&l9;</Say></Response>',
    "quadratic entity": f'{HEAD}<!ENTITY a "{LONG}">]><Response><Say>{"&a;" * 20_000}</Say></Response>',
    "file entity": f'{HEAD}<!ENTITY f SYSTEM "file:///etc/passwd">]><Response><Say>&f;</Say></Response>',
    "parameter entity": f'{HEAD}<!ENTITY % p SYSTEM "http://169.254.169.254/"> %p;]><Response/>',
    "100,000 verbs": f"<Response>{'<Pause/>' * 100_000}</Response>",
    "depth of 100,000": "<a>" * 100_000 + "</a>" * 100_000,
    "80,000 attributes": f"<Response><Say {ATTRIBUTES}/></Response>",
    "1 MB of text": f"<Response><Say>{'a' * (MAX_BYTES - 40)}</Say></Response>",
    "a tag that never ends": "<Response><Say " + "a" * (MAX_BYTES - 20),
}
"""What each would cost ElementTree: up to a second and 311 MB."""
PLAIN = "1 MB of text"
"""Is read, in 2 ms on an idle machine: no bomb may take much longer. 100,000 verbs took ten times that."""
MOST = 5


def seconds(name: str) -> float:
    """Return the processor time that a document takes."""
    document = BOMBS[name].encode()
    begun = time.thread_time()
    with suppress(RcmlError):
        parse(document, "text/xml", "http://app.test/")
    return time.thread_time() - begun


@pytest.mark.hostile("W4", sent="nine bombs in XML: entities, depth, 100,000 verbs, attributes, 1 MB of text")
@pytest.mark.parametrize("name", BOMBS)
def test_w4_a_bomb_is_refused_for_what_it_is_and_soon(name: str, record_property):
    document = BOMBS[name]
    if name != PLAIN:
        with pytest.raises(RcmlError):
            parse_xml(document, "http://app.test/")
    # Interleaved, so that a busy machine slows both.
    pairs = [(seconds(name), seconds(PLAIN)) for _ in range(5)]
    assert min(took for took, _ in pairs) <= MOST * min(plain for _, plain in pairs)
    record_property("held", f"each refused, or read, within {MOST} times what {PLAIN} takes")


@pytest.mark.parametrize("name", [name for name in BOMBS if name != PLAIN])
def test_w4_a_bomb_takes_little_memory(name: str):
    tracemalloc.start()
    try:
        seconds(name)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 6 * MAX_BYTES

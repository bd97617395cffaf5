"""Short calls a second through the test kit: a menu, a key, an answer, the end.

The goal is a thousand. The floor beside it is reading the two documents, which every call does too.
"""

import time

from rcml.parser import parse
from rcml.testing import dial

GOAL = 1000
CALLS = 2000
MENU = """<Response>
  <Gather action="/choice" numDigits="1" timeout="5"><Say>Press 1 for our hours.</Say></Gather>
  <Say>We did not hear from you.</Say>
</Response>"""
HOURS = "<Response><Say>Nine to five.</Say></Response>"


def call() -> None:
    """Make one short call."""
    caller = dial({"/": MENU, "/choice": HOURS})
    caller.expect_said("press 1")
    caller.press("1")
    caller.expect_said("nine to five")
    caller.expect_hung_up()


def main() -> None:
    call()
    begun = time.perf_counter()
    for _ in range(CALLS):
        call()
    calls = time.perf_counter() - begun
    begun = time.perf_counter()
    for _ in range(CALLS):
        for document in (MENU, HOURS):
            parse(document.encode(), "text/xml", "http://application.test/")
    reading = time.perf_counter() - begun
    print(f"short calls a second: {CALLS / calls:,.0f} (goal {GOAL:,})")
    print(f"times reading the documents: {calls / reading:.1f}")


if __name__ == "__main__":
    main()

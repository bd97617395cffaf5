"""Regular expressions that mean the same in every Python that we run on."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
POSSESSIVE_GROUP = re.compile(r"""\)[?*+]\+|\)\{+\d*,?\d*\}+\+|\(\?>""")


def test_no_group_is_possessive():
    # Python 3.11.0 to 3.11.4, Debian 12's among them, forgets what such a group has captured, and goes back
    # into one that it should not (CPython issues 101955, 106052). A possessive set of characters is right.
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for floor in ("sip", "media", "rcml", "engine")
        for path in (ROOT / floor).rglob("*.py")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if POSSESSIVE_GROUP.search(line)
    ]
    assert not found

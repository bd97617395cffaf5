"""Mutates the transaction tables and asks the tests whether they notice.

Run ``python tests/mutants/transactions.py [module ...]`` from the checkout; ``make mutants`` does. Each row
of each table is dropped, each of its actions is dropped, and it is redirected to each other state, one change
at a time; the unit tests of that transaction must fail every time. Survivors are listed and make the exit
code 1.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
MODULES = ("invite_client", "invite_server", "client", "server")

Row = tuple[Any, tuple[Any, ...]]
Table = dict[tuple[Any, Any], Row]


def mutants(table: Table, states: type) -> Iterator[tuple[str, tuple[Any, Any], Row | None]]:
    """Yield a description, the key and the changed row (None: dropped) of each mutant."""
    for key, (target, actions) in table.items():
        name = f"{key[0].value} + {key[1].value}"
        yield f"{name}: no row", key, None
        for place, action in enumerate(actions):
            rest = actions[:place] + actions[place + 1 :]
            yield f"{name}: without {action.__name__}", key, (target, rest)
        for state in states:  # type: ignore[attr-defined]
            if state is not target:
                yield f"{name}: to {state.value}", key, (state, actions)


def is_killed(table: Table, key: tuple[Any, Any], row: Row | None, test: Path) -> bool:
    """Run the tests of a table with one row changed, in a process of their own."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, 1)
    os.dup2(devnull, 2)
    if row is None:
        del table[key]
    else:
        table[key] = row
    # No plugins and no assertion rewriting: only whether it passes matters, and there are hundreds of runs.
    options = ["-x", "-q", "--assert=plain", "--import-mode=importlib", "-p", "no:cacheprovider"]
    os._exit(int(pytest.main([*options, "-c", os.devnull, f"--rootdir={CHECKOUT}", str(test)])))


def main(modules: list[str]) -> int:
    """Try every mutant; return 1 if one survived."""
    total, survivors = 0, []
    for name in modules:
        module = importlib.import_module(f"sip.transaction.{name}")
        test = CHECKOUT / "tests" / "unit" / "sip" / "transaction" / f"test_{name}.py"
        for what, key, row in mutants(module.TRANSITIONS, module.State):
            total += 1
            if not is_killed(module.TRANSITIONS, key, row, test):
                survivors.append(f"{name}: {what}")
    report = [f"{total} mutants, {len(survivors)} survived", *survivors]
    sys.stdout.write("\n".join(report) + "\n")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.path.insert(0, str(CHECKOUT))
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.chdir(CHECKOUT)
    sys.exit(main(sys.argv[1:] or list(MODULES)))

"""What all layers share: markers by folder, an order, and a count of what was skipped as programs lack."""

import gc
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.testkit import ports

# A wall-clock deadline fails by chance on a busy machine. Nightly: pytest --hypothesis-profile=nightly
settings.register_profile("default", deadline=None, max_examples=50)
settings.register_profile("nightly", deadline=None, max_examples=5000)
settings.load_profile("default")

# Of what is imported and collected nothing dies: looking through it again and again takes seconds.
gc.disable()

_MARKED = ("loopback", "system")
_FIRST = ("system", "loopback", "contract")
_TESTS = Path(__file__).parent


@pytest.fixture
def quiet_collector() -> Iterator[None]:
    """No collection but those of the test, which look at nothing older than it."""
    gc.collect()
    gc.freeze()
    gc.disable()
    yield
    gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if _layer(item) in _MARKED:
            item.add_marker(_layer(item))
    if hasattr(config, "workerinput"):
        # Several processes: a file that waits long for the world, begun last, would leave the others idle.
        items.sort(key=lambda item: _FIRST.index(_layer(item)) if _layer(item) in _FIRST else len(_FIRST))


def _layer(item: pytest.Item) -> str:
    return item.path.relative_to(_TESTS).parts[0]


def pytest_collection_finish() -> None:
    ports.keep_drawn()
    gc.freeze()
    gc.enable()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reasons = Counter(
        report.longrepr[2].removeprefix("Skipped: ")
        for report in terminalreporter.stats.get("skipped", ())
        if isinstance(report.longrepr, tuple)
    )
    for reason, count in reasons.most_common():
        terminalreporter.write_line(f"not tested, {reason}: {count}")

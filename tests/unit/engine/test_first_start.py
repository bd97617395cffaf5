"""A first start says that it compiles; where that fails it says what to do."""

import pytest

from engine import first_start
from engine.errors import MediaUnavailable
from engine.reporting import log as reporting
from media.errors import NotCompiled
from media.plane import machine_code


class Log:
    def __init__(self):
        self.lines = []

    def info(self, event, **fields):
        self.lines.append(event)

    warning = info


@pytest.fixture
def log(monkeypatch):
    log = Log()
    monkeypatch.setattr(reporting, "get", lambda part: log)
    return log


@pytest.mark.parametrize(
    ("compiled", "told"), [(True, []), (False, ["kernels.compiling", "kernels.compiled"])]
)
async def test_only_a_start_that_compiles_says_so(log, monkeypatch, compiled, told):
    prepared = []
    monkeypatch.setattr(machine_code, "is_compiled", lambda: compiled)
    monkeypatch.setattr(machine_code, "prepare", lambda: prepared.append(True))
    await first_start.have_kernels()
    assert (log.lines, prepared) == (told, [True])


async def test_kernels_that_cannot_be_compiled_are_an_error_with_a_cure(log, monkeypatch):
    def refuse():
        raise NotCompiled("the media kernels could not be compiled: no space left")

    monkeypatch.setattr(machine_code, "is_compiled", lambda: False)
    monkeypatch.setattr(machine_code, "prepare", refuse)
    with pytest.raises(MediaUnavailable, match=r"no space left; run python -m media.plane.warm"):
        await first_start.have_kernels()

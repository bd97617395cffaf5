"""What is compiled ahead of the rest is what the rest then finds."""

import pytest

from media.plane import kernel_cache, machine_code, warm
from media.plane.compiled import JIT


@pytest.mark.skipif(not JIT, reason="nothing is compiled")
def test_no_part_was_compiled_in_vain():
    """One that is called with other types than warm says is compiled twice, and the second time alone."""
    machine_code.prepare()
    compiled = {}
    for part, _ in (each for line in warm.PARTS for each in line):
        name = f"{part.py_func.__module__.rpartition('.')[2]}.{part.__name__}"
        compiled[name] = len(list(kernel_cache.folder().glob(f"*/{name}-*.nbc")))
    assert set(compiled.values()) == {1}, compiled

"""Runs benchmarks and prints, after their lines, a table: ``python -m benchmarks.table [module ...]``.

Without names it runs every ``bench_*.py``. A line of a benchmark is ``name value unit``. A line
``name_goal value unit`` gives the goal of a figure, whose own line may end in ``(goal value)`` instead;
``kernel_floor_cpu``, printed by the same run, is the floor of the media benchmarks.
"""

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
_LINE = re.compile(
    r"(?P<name>[^:]+?):? +(?P<value>[\d,.]+)(?: (?P<unit>[^(]*?))?(?: *\(goal (?P<goal>[\d,.]+)\))?"
)
_AT_LEAST = ("a second", "calls/s")
"""Units of which more is better."""


@dataclass
class Figure:
    """A figure with what it is to be, and what the bare machine needed in the same run."""

    benchmark: str
    name: str
    value: float
    unit: str
    goal: float
    floor: str = ""

    @property
    def met(self) -> bool:
        more_is_better = any(word in f"{self.name} {self.unit}" for word in _AT_LEAST)
        return self.value >= self.goal if more_is_better else self.value <= self.goal


def number(text):
    return float(text.replace(",", ""))


def figures_in(benchmark, lines):
    """Return the figures of one benchmark's lines that have a goal."""
    read = [found for line in lines if (found := _LINE.fullmatch(line.strip()))]
    values = {each["name"]: each for each in read}
    floor = values.get("kernel_floor_cpu")
    wanted = []
    for name, each in values.items():
        beside = values.get(f"{name}_goal")
        goal = each["goal"] or (beside["value"] if beside else None)
        if goal is not None:
            told = f"{floor['value']} {floor['unit']}" if floor else ""
            unit = each["unit"] or ""
            wanted.append(Figure(benchmark, name, number(each["value"]), unit, number(goal), told))
    return wanted


def run(benchmark):
    """Run one benchmark, show its lines as they come and return them."""
    print(f"# {benchmark}", flush=True)
    command = [sys.executable, "-m", f"benchmarks.{benchmark}"]
    lines = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(line)
    if process.returncode:
        raise SystemExit(f"{benchmark} failed")
    return lines


def show(figures):
    """Print the table."""
    rows = [("benchmark", "figure", "value", "goal", "floor of the same run", "")]
    for each in figures:
        value, goal = f"{each.value:g} {each.unit}".strip(), f"{each.goal:g}"
        rows.append((each.benchmark, each.name, value, goal, each.floor, "met" if each.met else "missed"))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    print()
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def main():
    names = sys.argv[1:] or sorted(path.stem for path in HERE.glob("bench_*.py"))
    show([figure for name in names for figure in figures_in(name, run(name))])


if __name__ == "__main__":
    main()

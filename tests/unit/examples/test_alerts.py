"""The alert rules ask for figures that there are, with labels and values that they have."""

import re
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from prometheus_client import generate_latest

from engine.metrics_reference import markdown
from engine.reporting.metrics import Metrics
from engine.reporting.notifications import Severity
from tests.testkit.daemon import ROOT

RULES: list[dict[str, Any]] = yaml.safe_load((ROOT / "examples" / "alerts.yml").read_text())["groups"][0][
    "rules"
]
OF_PROMETHEUS = {"job", "instance", "le"}


def series() -> dict[str, set[str]]:
    """Return the labels of each series by its name."""
    found = {name: set[str]() for name in re.findall(r"`(dialplane_\w+)`", markdown())}
    for declared in Metrics().declared:
        endings = ("_bucket", "_sum", "_count") if declared.kind == "histogram" else ("",)
        found |= {declared.name + ending: set(declared.labels) for ending in endings}
    return found


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_each_rule_asks_for_what_there_is(rule: dict[str, Any]):
    known, exposed = series(), generate_latest(Metrics().registry).decode()
    named = re.findall(r"(dialplane_\w+)(?:\{([^}]*)\})?", rule["expr"])
    assert named or rule["alert"] == "DialplaneDown"
    for name, matchers in named:
        assert name in known
        for label, values in re.findall(r'(\w+)=~?"([^"]*)"', matchers):
            assert label in known[name]
            if label != "level":
                assert all(f'{name}{{{label}="{value}"}}' in exposed for value in values.split("|"))
    labels = set().union(*(known[name] for name, _ in named)) | OF_PROMETHEUS
    said = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
    kept = re.findall(r"by \(([^)]*)\)", rule["expr"])
    assert said | set(kept) <= labels
    assert rule["labels"]["severity"] in ("page", "ticket")


def test_levels_of_notifications_are_those_of_the_rule():
    assert "error" in {severity.name.lower() for severity in Severity}

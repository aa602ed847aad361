"""What alerts and dashboard ask of Prometheus."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from tests.deploy.chart import DEPLOY

ALERTS = DEPLOY / "prometheus" / "alerts.yaml"
ALERT_TESTS = sorted((DEPLOY / "prometheus").glob("*.test.yaml"))
DASHBOARD = DEPLOY / "grafana" / "dashboard.json"

_TEXT = re.compile(r'"[^"]*"')
_METRIC = re.compile(r"\b(?:up|ALERTS|(?:gateway|kube|process)_\w+)\b")
_MATCHER = re.compile(r'(\w+)(?:=|!=|=~|!~)"([^"]*)"')


def alerts() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    """Return the dashboard's panels, rows left out."""
    return [panel for panel in json.loads(DASHBOARD.read_text())["panels"] if panel["type"] != "row"]


def asked() -> Iterator[tuple[str, str]]:
    """Yield each expression, the dashboard's variables filled in, with the name of who asks."""
    yield from ((rule["alert"], rule["expr"]) for rule in alerts())
    for panel in panels():
        for target in panel["targets"]:
            yield panel["title"], re.sub(r"\$__\w+", "5m", target["expr"])


def metrics(expression: str) -> set[str]:
    """Return the metrics that an expression names."""
    return set(_METRIC.findall(_TEXT.sub('""', expression)))


def matched(expression: str) -> Mapping[str, set[str]]:
    """Return the values that an expression looks for, by label; those of a regular expression each for itself."""
    found: dict[str, set[str]] = {}
    for label, value in _MATCHER.findall(expression):
        found.setdefault(label, set()).update(value.split("|"))
    return found

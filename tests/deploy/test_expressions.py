"""Alerts and dashboard ask for what there is, and say where to read on."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import Gateway
from tests.deploy.expressions import ALERT_TESTS, DASHBOARD, alerts, asked, matched, metrics, panels
from tests.deploy.names import EXPOSED, HISTOGRAMS, OF_OTHERS, VALUES

OPERATING = Path(__file__).parent.parent.parent / "docs" / "operating.md"
SERIES = {f"{name}_{part}": name for name in HISTOGRAMS for part in ("bucket", "count", "sum")}
LABELS = {label for labels in (*EXPOSED.values(), *OF_OTHERS.values()) for label in labels} | {"le"}


@pytest.mark.parametrize(("who", "expression"), list(asked()), ids=lambda it: it if len(it) < 40 else "")
def test_each_expression_asks_for_what_is_there(who: str, expression: str) -> None:
    ours = {SERIES.get(name, name) for name in metrics(expression) if not name.startswith("kube_")}
    assert ours <= EXPOSED.keys() | OF_OTHERS.keys(), who
    if not any(name.startswith("kube_") for name in metrics(expression)):
        found = matched(expression)
        assert found.keys() <= LABELS
        assert [value for label in found.keys() & VALUES.keys() for value in found[label] - VALUES[label]] == []


def test_the_dashboard_shows_every_metric() -> None:
    named = {
        SERIES.get(name, name) for panel in panels() for each in panel["targets"] for name in metrics(each["expr"])
    }
    assert EXPOSED.keys() == named & EXPOSED.keys()


async def test_a_scrape_has_each_metric_with_its_labels_and_no_other(gateway: Gateway) -> None:
    scrape = (await gateway.http.get("/metrics")).text
    told = dict(re.findall(r"^# HELP (\S+) (.+)$", scrape, re.MULTILINE))
    assert {name for name in told if name.startswith("gateway_")} == {
        name for name in EXPOSED if name.startswith("gateway_")
    }
    assert EXPOSED.keys() <= told.keys()
    labels = {
        name: set(re.findall(r'(\w+)="', text)) for name, text in re.findall(r"^(\w+)\{(.+)\} ", scrape, re.MULTILINE)
    }
    for name, seen in labels.items():
        assert seen - {"le"} == EXPOSED.get(SERIES.get(name, name), seen), name


async def test_a_scrape_has_each_value_that_is_looked_for(gateway: Gateway) -> None:
    seen = set(re.findall(r'(\w+="[^"]*")', (await gateway.http.get("/metrics")).text))
    wanted = {f'{label}="{value}"' for label, values in VALUES.items() for value in values if label != "code"}
    assert wanted <= seen


def test_panels_stand_beside_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells


def test_the_dashboard_is_for_any_prometheus_and_any_instance() -> None:
    dashboard = json.loads(DASHBOARD.read_text())
    assert [each["name"] for each in dashboard["templating"]["list"]] == ["datasource", "namespace", "instance"]
    assert {panel["datasource"]["uid"] for panel in panels()} == {"${datasource}"}
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: str(alert["alert"]))
def test_each_alert_says_what_it_is_and_where_to_read_on(alert: dict[str, Any]) -> None:
    name, told = alert["alert"], alert["annotations"]
    assert alert["labels"]["severity"] in {"critical", "warning"}
    assert told.keys() == {"summary", "description", "runbook_url"}
    assert told["runbook_url"] == f"docs/operating.md#{_kebab(name)}"


def test_each_alert_is_seen_firing() -> None:
    cases = [case for path in ALERT_TESTS for case in yaml.safe_load(path.read_text())["tests"]]
    fired = {
        name
        for case in cases
        for expected in case.get("promql_expr_test", [])
        for sample in expected["exp_samples"]
        for name in re.findall('alertname="([^"]+)"', sample["labels"])
    }
    assert fired == {alert["alert"] for alert in alerts()}


def test_each_alert_has_its_section_and_each_section_its_alert() -> None:
    headings = {_anchor(line) for line in OPERATING.read_text().splitlines() if re.match("#+ ", line)}
    wanted = {_kebab(alert["alert"]) for alert in alerts()}
    assert wanted - headings == set()
    assert {each for each in headings if each.startswith("gateway-")} - wanted == set()


def _kebab(name: str) -> str:
    return re.sub("(?<=.)(?=[A-Z])", "-", name).lower()


def _anchor(heading: str) -> str:
    """Return what a heading is reached by, as Markdown's readers make it."""
    return re.sub(r"[^\w -]", "", heading.lstrip("# ").lower()).replace(" ", "-")

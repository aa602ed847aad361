"""The Helm chart, rendered as `helm template` does."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from helm_python import Chart

DEPLOY = Path(__file__).parent.parent.parent / "deploy"
CHART = DEPLOY / "helm" / "customer-kpi-gateway"
EXAMPLES = sorted((CHART / "ci").glob("*-values.yaml"))

Values = Mapping[str, Any]
Manifest = dict[str, Any]


def example(name: str) -> Values:
    values: Values = yaml.safe_load((CHART / "ci" / f"{name}-values.yaml").read_text())
    return values


def rendered(values: Values) -> dict[str, Manifest]:
    """Return what the chart makes of values, by kind and name; HelmError for values that it refuses."""
    chart = _chart()
    chart.validate_schema(dict(values))
    return {f"{each['kind']}/{each['metadata']['name']}": each for each in _manifests(chart, values)}


def _manifests(chart: Chart, values: Values) -> Iterator[Manifest]:
    for path, text in chart.render(dict(values), name="kpis", namespace="prod").items():
        if path.endswith(".yaml"):
            yield from filter(None, yaml.load_all(text, Loader=yaml.CSafeLoader))


@cache
def _chart() -> Chart:
    return Chart.load(CHART)

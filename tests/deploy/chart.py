"""The Helm chart, rendered as `helm template` does."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory
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


@contextmanager
def copied() -> Iterator[Path]:
    """Yield a copy of the chart that has no links: Helm tells of each that it follows."""
    with TemporaryDirectory() as folder:
        yield Path(copytree(CHART, Path(folder, CHART.name)))


@cache
def _chart() -> Chart:
    with copied() as chart:
        return Chart.load(chart)

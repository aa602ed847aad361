"""Lints deploy/: the chart rendered and held against Kubernetes' schemas, alerts and dashboard against Prometheus.

Run by ``make lint``. Without promtool (Debian's package ``prometheus`` has it) that part is left out, in CI never.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import helm_python
import kubernetes_validate  # type: ignore[import-untyped]
import yaml

from tests.deploy.chart import DEPLOY, EXAMPLES, Manifest, copied, rendered
from tests.deploy.expressions import ALERT_TESTS, ALERTS, asked

RELEASES = "1.29", "1.37"  # the oldest that the chart takes, and the newest there are schemas of
NOT_KUBERNETES_OWN = {"HTTPRoute", "PrometheusRule", "ServiceMonitor"}
CONFIG = DEPLOY / "compose" / "prometheus" / "prometheus.yaml"
_WARNING = 2


def main() -> int:
    told = [*_chart(), *_expressions()]
    sys.stderr.writelines(f"{line}\n" for line in told)
    return bool(told)


def _chart() -> Iterator[str]:
    for path in EXAMPLES:
        values = yaml.safe_load(path.read_text())
        with copied() as chart:
            found = helm_python.lint(chart, values, strict=True)["messages"]
        yield from (f"{path.name}: {each['error']}" for each in found if each["severity"] >= _WARNING)
        for name, manifest in rendered(values).items():
            if manifest["kind"] not in NOT_KUBERNETES_OWN:
                yield from (f"{path.name}: {name}: {fault}" for fault in _faults(manifest))


def _faults(manifest: Manifest) -> Iterator[str]:
    for release in RELEASES:
        try:
            kubernetes_validate.validate(manifest, release, strict=True)
        except kubernetes_validate.ValidationError as error:
            yield f"Kubernetes {release}: {'.'.join(map(str, error.path))}: {error.message}"


def _expressions() -> Iterator[str]:
    if not (promtool := shutil.which("promtool")):
        if "CI" in os.environ:
            yield "promtool is missing"
        else:
            sys.stderr.write("alerts and dashboard are left out: promtool is not there\n")
        return
    with TemporaryDirectory() as folder:
        expressions = Path(folder, "expressions.yaml")
        expressions.write_text(_as_rules())
        yield from _told(promtool, "check", "rules", ALERTS, expressions)
        yield from _told(promtool, "check", "config", "--syntax-only", CONFIG)
        yield from _told(promtool, "test", "rules", *ALERT_TESTS)


def _told(*command: str | Path) -> Iterator[str]:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        yield f"{' '.join(map(str, command[:3]))}:\n{done.stdout}{done.stderr}"


def _as_rules() -> str:
    rules = [{"record": f"expression:{at}", "expr": expression} for at, (_, expression) in enumerate(asked())]
    return yaml.safe_dump({"groups": [{"name": "expressions", "rules": rules}]})


if __name__ == "__main__":
    sys.exit(main())

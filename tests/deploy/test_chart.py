"""What the Helm chart makes of values."""

import json
import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import pytest
import yaml
from helm_python import HelmError
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway import __version__
from gateway.settings import Settings
from tests.deploy.chart import CHART, DEPLOY, EXAMPLES, Manifest, Values, example, rendered
from tests.deploy.names import SECRETS, SETTINGS, setting

NAMES = [path.name.removesuffix("-values.yaml") for path in EXAMPLES]
OWN = {"HOST", "PORT", "PERSISTED_MANIFEST"}  # what the chart sets by itself
TIME_TO_CLOSE = 13  # seconds, beyond an operation's own: its answer is written, what waits for the cache too


def with_values(base: str, **changes: Any) -> dict[str, Any]:
    """Return an example's values, those of some sections changed."""
    values = deepcopy(dict(example(base)))
    for section, change in changes.items():
        both = isinstance(change, Mapping) and isinstance(values.get(section), Mapping)
        values[section] = {**values[section], **change} if both else change
    return values


def deployment(values: Values) -> Manifest:
    (found,) = (each for name, each in rendered(values).items() if name.startswith("Deployment/"))
    return found


def pod(values: Values) -> dict[str, Any]:
    spec: dict[str, Any] = deployment(values)["spec"]["template"]["spec"]
    return spec


def container(values: Values) -> dict[str, Any]:
    (only,) = pod(values)["containers"]
    found: dict[str, Any] = only
    return found


def environment(values: Values) -> dict[str, str | None]:
    """Return a container's environment; None for what comes from a Secret."""
    return {each["name"]: each.get("value") for each in container(values)["env"]}


@pytest.mark.parametrize("name", NAMES)
def test_a_pod_is_contained(name: str) -> None:
    spec, only = pod(example(name)), container(example(name))
    assert spec["securityContext"]["runAsUser"] == 10001
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert only["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert spec["automountServiceAccountToken"] is False
    assert {"name": "tmp", "mountPath": "/tmp"} in only["volumeMounts"]  # noqa: S108  # the one place to write to


def test_no_service_beside_it_sets_settings() -> None:
    assert pod(example("open"))["enableServiceLinks"] is False


@settings(max_examples=15)
@given(drain=st.floats(0, 300), longest=st.floats(0.1, 300))
def test_a_pod_has_time_to_drain_and_to_finish(drain: float, longest: float) -> None:
    values = with_values("least", settings={"DRAIN_DELAY": drain, "REQUEST_TIMEOUT": longest})
    grace = pod(values)["terminationGracePeriodSeconds"]
    assert drain + longest + TIME_TO_CLOSE < grace <= drain + longest + 16


def test_the_chart_waits_as_long_as_the_gateway_by_itself() -> None:
    assert environment(example("least"))["GATEWAY_REQUEST_TIMEOUT"] == str(
        Settings.model_fields["request_timeout"].default
    )


@pytest.mark.parametrize("name", NAMES)
def test_no_secret_is_written_down(name: str) -> None:
    values = environment(example(name))
    assert {key for key in values if key in map(setting, SECRETS) and values[key] is not None} == set()


def test_secrets_are_of_a_secret_that_is_there() -> None:
    (entry,) = (each for each in container(example("whole"))["env"] if each["name"] == "GATEWAY_CACHE_SECRET")
    assert entry["valueFrom"] == {"secretKeyRef": {"name": "customer-kpi-gateway", "key": "cache-secret"}}


@pytest.mark.parametrize("name", NAMES)
def test_the_gateway_takes_a_pods_settings(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"GATEWAY_CACHE_URL": "redis://:secret@valkey:6379/0"}
    for key, value in environment(example(name)).items():
        monkeypatch.setenv(key, value or given.get(key, "s" * 32))
    assert Settings.read().host == "0.0.0.0"  # noqa: S104  # in a pod that is what is meant


def test_a_large_number_is_no_power_of_ten() -> None:
    values = with_values("least", settings={"CACHE_ENTRIES": 20_000_000, "CACHE_TTL": 2.5})
    assert environment(values)["GATEWAY_CACHE_ENTRIES"] == "20000000"
    assert environment(values)["GATEWAY_CACHE_TTL"] == "2.5"


def test_the_schema_knows_every_setting() -> None:
    schema = _schema()
    settings, secrets = (schema[at]["properties"] for at in ("settings", "keys"))
    assert set(settings) | SECRETS | OWN == SETTINGS
    assert set(secrets) - {"CACHE_URL"} == SECRETS
    assert not settings.keys() & (SECRETS | OWN)


def _schema() -> dict[str, Any]:
    properties = json.loads((CHART / "values.schema.json").read_text())["properties"]
    return {"settings": properties["settings"], "keys": properties["existingSecret"]["properties"]["keys"]}


def test_a_rolling_update_takes_none_away() -> None:
    assert deployment(example("least"))["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0


def test_a_pod_is_asked_how_it_is() -> None:
    probes = {name: container(example("least"))[f"{name}Probe"]["httpGet"] for name in ("startup", "liveness")}
    assert {probe["path"] for probe in probes.values()} == {"/health/live"}
    assert container(example("least"))["readinessProbe"]["httpGet"]["path"] == "/health/ready"


@pytest.mark.parametrize(
    ("graphiql", "paths"), [(False, {"/graphql"}), (True, {"/graphql", "/", "/graphiql"}), ("TRUE", None)]
)
def test_clients_reach_what_they_may_ask_and_nothing_else(graphiql: bool | str, paths: set[str] | None) -> None:
    made = rendered(with_values("whole", settings={"GRAPHIQL": graphiql}))
    (rule,) = made["Ingress/kpis-customer-kpi-gateway"]["spec"]["rules"]
    (matches,) = (each["matches"] for each in made["HTTPRoute/kpis-customer-kpi-gateway"]["spec"]["rules"])
    by_ingress = {each["path"] for each in rule["http"]["paths"]}
    assert by_ingress == {each["path"]["value"] for each in matches}
    assert by_ingress == (paths or {"/graphql", "/", "/graphiql"})
    prefixes = {each["path"]["value"] for each in matches if each["path"]["type"] == "PathPrefix"}
    assert not any(path.startswith(prefix) for path in ("/metrics", "/health/ready") for prefix in prefixes)


def test_only_who_is_named_reaches_a_pod_and_is_reached() -> None:
    spec = rendered(example("whole"))["NetworkPolicy/kpis-customer-kpi-gateway"]["spec"]
    (inward,) = spec["ingress"]
    assert len(inward["from"]) == 2
    assert inward["ports"] == [{"protocol": "TCP", "port": "http"}]
    assert all(rule["to"] and rule["ports"] for rule in spec["egress"])
    assert [rule["ports"][0]["port"] for rule in spec["egress"]] == [53, 6379, 443, 4318, 443]


def test_who_has_no_shared_cache_reaches_none() -> None:
    spec = rendered(example("least"))["NetworkPolicy/kpis-customer-kpi-gateway"]["spec"]
    assert [rule["ports"][0]["port"] for rule in spec["egress"]] == [53, 443]


def test_pods_are_as_many_as_requests_in_flight_ask_for() -> None:
    spec = rendered(example("whole"))["HorizontalPodAutoscaler/kpis-customer-kpi-gateway"]["spec"]
    pods, processor = spec["metrics"]
    assert pods["pods"]["metric"] == {"name": "gateway_requests_in_flight"}
    assert processor["resource"]["name"] == "cpu"
    assert "replicas" not in deployment(example("whole"))["spec"]


def test_prometheus_finds_it_once_or_not_at_all() -> None:
    def is_annotated(values: Values) -> bool:
        return "prometheus.io/scrape" in deployment(values)["spec"]["template"]["metadata"]["annotations"]

    assert is_annotated(example("least"))
    assert not is_annotated(example("open"))
    assert not is_annotated(example("whole"))
    assert (
        rendered(example("whole"))["ServiceMonitor/kpis-customer-kpi-gateway"]["spec"]["endpoints"][0]["port"] == "http"
    )
    assert not [name for name in rendered(example("open")) if name.startswith("ServiceMonitor/")]


def test_alerts_and_dashboard_come_as_they_are() -> None:
    made = rendered(example("whole"))
    groups = made["PrometheusRule/kpis-customer-kpi-gateway"]["spec"]["groups"]
    first = groups[0]["rules"][0]
    autoscaler = groups[-1]["rules"][-1]["expr"]
    assert 'horizontalpodautoscaler=~"kpis-customer-kpi-gateway"' in autoscaler
    assert first["annotations"]["runbook_url"] == "https://wiki.example.com/gateway#gateway-absent"
    assert "{{instance}}" in made["ConfigMap/kpis-customer-kpi-gateway-dashboard"]["data"]["customer-kpi-gateway.json"]


@pytest.mark.parametrize(
    ("name", "config_map"), [("whole", "kpis-customer-kpi-gateway-manifest"), ("open", "trusted-documents")]
)
def test_trusted_documents_are_where_the_gateway_looks(name: str, config_map: str) -> None:
    (volume,) = (each for each in pod(example(name))["volumes"] if each["name"] == "manifest")
    key = example(name)["persistedManifest"].get("key", "manifest.json")
    assert volume["configMap"]["name"] == config_map
    assert environment(example(name))["GATEWAY_PERSISTED_MANIFEST"] == f"/etc/gateway/{key}"


def test_the_chart_is_of_this_gateway() -> None:
    assert container(example("open"))["image"] == f"customer-kpi-gateway:{__version__}"


UPSTREAM = {"UPSTREAM_URL": "https://kpi.example.com"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"settings": {"UPSTREM_URL": "https://kpi.example.com"}}, "UPSTREM_URL"),
        ({"settings": {"UPSTREAM_URL": "kpi.example.com"}}, "UPSTREAM_URL"),
        ({"settings": {"UPSTREAM_URL": "https://user:hunter2@kpi.example.com"}}, "UPSTREAM_URL"),
        ({"settings": {"UPSTREAM_TOKEN": "hunter2"}}, "UPSTREAM_TOKEN"),
        ({"settings": {"CACHE_URL": "redis://:hunter2@valkey/0"}}, "CACHE_URL"),
        ({"settings": {"PORT": 9000}}, "PORT"),
        ({"settings": {"REQUEST_TIMEOUT": "15"}}, "REQUEST_TIMEOUT"),
        ({"settings": {"WORKERS": 0}}, "WORKERS"),
        ({"existingSecret": {"keys": {"CACHE_SECRET": "cache"}}}, r"existingSecret\.name"),
        ({"existingSecret": {"name": "it", "keys": {"CACHE_TTL": "ttl"}}}, "CACHE_TTL"),
        (
            {
                "settings": {"CACHE_URL": "redis://valkey/0"},
                "existingSecret": {"name": "it", "keys": {"CACHE_URL": "u"}},
            },
            "CACHE_URL is in settings and in existingSecret",
        ),
        ({"env": [{"name": "GATEWAY_CACHE_TTL", "value": "1"}]}, "env"),
        ({"persistedManifest": {"configMap": "it", "content": "{}"}}, "not both"),
        ({"autoscaling": {"cpu": 0}}, "cpu or inFlight"),
        ({"networkPolicy": {"from": []}}, r"networkPolicy\.from"),
        ({"networkPolicy": {"to": {}}}, r"networkPolicy\.to\.upstream\.peers"),
        ({"networkPolicy": {"from": [{}]}}, "networkPolicy"),
        ({"ingress": {"enabled": True}}, r"ingress\.host"),
        ({"httpRoute": {"enabled": True}}, r"httpRoute\.parentRefs"),
        ({"image": {"digest": "latest"}}, "digest"),
        ({"replica": 3}, "replica"),
    ],
    ids=str,
)
def test_values_that_would_not_do_are_refused(changes: Values, said: str) -> None:
    with pytest.raises(HelmError, match=said):
        rendered(with_values("least", **changes))


def test_the_readmes_values_do() -> None:
    (shown,) = re.findall(r"```yaml\n# values\.yaml\n(.+?)```", (DEPLOY / "README.md").read_text(), re.DOTALL)
    made = rendered(yaml.safe_load(shown))
    assert {"Ingress", "NetworkPolicy", "Deployment"} <= {name.split("/")[0] for name in made}


def test_without_an_upstream_nothing_is_made() -> None:
    with pytest.raises(HelmError, match="UPSTREAM_URL"):
        rendered({"networkPolicy": {"enabled": False}})

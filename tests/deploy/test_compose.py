"""The compose file: contained, pinned, without a secret in it; and what all of deploy/ calls things."""

import re
from typing import Any

import pytest
import yaml

from gateway.settings import Settings
from tests.deploy.chart import CHART, DEPLOY
from tests.deploy.names import SETTINGS, setting

COMPOSE = DEPLOY / "compose"
FILE: dict[str, Any] = yaml.safe_load((COMPOSE / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = FILE["services"]
HELD_BACK = re.compile("SECRET|PASSWORD|TOKEN|KEY")
TEXTS = [path for path in DEPLOY.rglob("*") if path.is_file() and not path.is_symlink()]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_contained(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["restart"] == "unless-stopped"
    assert {"mem_limit", "pids_limit"} <= service.keys()


@pytest.mark.parametrize("name", SERVICES)
def test_an_image_is_ours_or_of_one_version(name: str) -> None:
    image = SERVICES[name]["image"]
    assert image == "${GATEWAY_IMAGE:-customer-kpi-gateway:local}" or re.search(r":v?\d+\.\d+\.\d+", image)


@pytest.mark.parametrize("name", SERVICES)
def test_only_this_machine_reaches_a_port(name: str) -> None:
    assert [port for port in SERVICES[name].get("ports", []) if not port.startswith("127.0.0.1:")] == []


@pytest.mark.parametrize("name", SERVICES)
def test_secrets_come_from_elsewhere(name: str) -> None:
    environment = SERVICES[name].get("environment", {})
    held = {key: value for key, value in environment.items() if HELD_BACK.search(key)}
    assert [key for key, value in held.items() if not value.startswith(("${", "/run/secrets/"))] == []
    assert {key: each.keys() for key, each in FILE["secrets"].items()} == {"grafana-password": {"environment"}}


def test_the_example_has_every_variable_and_its_default() -> None:
    shown = dict(re.findall(r"^#?([A-Z_]+)=(.*)$", (COMPOSE / ".env.example").read_text(), re.MULTILINE))
    read = dict(re.findall(r"\$\{([A-Z_]+):-([^}]*)\}", (COMPOSE / "compose.yaml").read_text()))
    assert shown == read | {"CACHE_SECRET": "", "GRAFANA_PASSWORD": ""}


def test_whoever_is_waited_for_tells_how_it_is() -> None:
    awaited = {name for service in SERVICES.values() for name in service.get("depends_on", {})}
    assert awaited == {name for name in SERVICES if "healthcheck" in SERVICES[name]} - {"grafana"}


def test_what_is_mounted_is_there() -> None:
    mounted = [each.split(":")[0] for service in SERVICES.values() for each in service.get("volumes", [])]
    assert [each for each in mounted if each.startswith(".") and not (COMPOSE / each).exists()] == []


def test_the_gateway_takes_its_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SERVICES["gateway"]["environment"].items():
        monkeypatch.setenv(name, re.sub(r"\$\{\w+:-(.*)\}", r"\1", value).replace("${CACHE_SECRET", "s" * 32))
    settings = Settings.read()
    assert (settings.is_cache_shared, str(settings.upstream_url)) == (True, "http://sandbox:8001/")


def test_prometheus_calls_the_gateway_what_the_alerts_call_it() -> None:
    config = yaml.safe_load((COMPOSE / "prometheus" / "prometheus.yaml").read_text())
    alerts = (DEPLOY / "prometheus" / "alerts.yaml").read_text()
    (job,) = {each["job_name"] for each in config["scrape_configs"]}
    assert set(re.findall(r'job="([^"]+)"', alerts)) == {job} == {CHART.name}


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(DEPLOY)))
def test_each_setting_that_is_named_is_one(path: Any) -> None:
    named = set(re.findall(r"GATEWAY_[A-Z][A-Z_]*[A-Z]", path.read_text())) - {"GATEWAY_IMAGE"}
    assert named - set(map(setting, SETTINGS)) == set()

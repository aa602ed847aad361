"""Which exporters of spans the environment asks for."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.app import create_app
from gateway.settings import Settings
from gateway.telemetry.tracing import exporters
from tests.log import logged

AT = "http://collector.test"
NAMES = ("OTEL_TRACES_EXPORTER", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_SDK_DISABLED")


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({}, []),
        ({"OTEL_SERVICE_NAME": "kpis"}, []),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": AT}, ["otlp_proto_http"]),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": " "}, []),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": AT}, ["otlp_proto_http"]),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": AT}, []),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, ["otlp_proto_http"]),
        ({"OTEL_TRACES_EXPORTER": "console"}, ["console"]),
        ({"OTEL_TRACES_EXPORTER": "console , otlp,"}, ["console", "otlp_proto_http"]),
        ({"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, ["otlp_proto_grpc"]),
        (
            {
                "OTEL_TRACES_EXPORTER": "otlp",
                "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
                "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf",
            },
            ["otlp_proto_http"],
        ),
        ({"OTEL_TRACES_EXPORTER": "otlp", "OTEL_SDK_DISABLED": "true"}, []),
        ({"OTEL_TRACES_EXPORTER": "otlp", "OTEL_SDK_DISABLED": "no"}, ["otlp_proto_http"]),
    ],
)
def test_they_are_those_that_are_named_or_that_of_an_address(
    environment: dict[str, str], wanted: Sequence[str]
) -> None:
    assert exporters(environment) == wanted


@given(st.dictionaries(st.sampled_from(NAMES), st.text() | st.sampled_from(["otlp", "grpc", "true", "console"])))
def test_whatever_the_environment_says_is_names_or_refused_by_name(environment: dict[str, str]) -> None:
    try:
        wanted = exporters(environment)
    except ValueError as error:
        assert str(error).startswith("OTEL_EXPORTER_OTLP_PROTOCOL")  # noqa: PT017  # it need not be raised
    else:
        assert all(name and name != "none" and name == name.strip() for name in wanted)


async def test_what_fails_at_the_start_is_told_with_where_it_was_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "console")
    monkeypatch.setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "5000")  # more than the queue that it is taken from
    app = create_app(Settings.read(upstream_url="http://127.0.0.1:1"))
    with logged() as lines, pytest.raises(ValueError, match="max_queue_size"):
        async with app.router.lifespan_context(app):
            pass
    assert lines[-1]["event"] == "the gateway could not begin, or end, in order"
    assert lines[-1]["exception"].endswith("ValueError")

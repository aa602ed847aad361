"""Whether there are spans: where the environment names an exporter for them, or the address of a collector.

The names are OpenTelemetry's own; nothing of it is imported before it is wanted.
"""

from collections.abc import Mapping, Sequence
from typing import Final

EXPORTER: Final = "OTEL_TRACES_EXPORTER"
_ADDRESSES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_OTLP = {"http/protobuf": "otlp_proto_http", "grpc": "otlp_proto_grpc"}


def exporters(environment: Mapping[str, str]) -> Sequence[str]:
    """Return the names of the exporters that are asked for, as packages announce them; ValueError for a protocol."""
    given = {name: value.strip() for name, value in environment.items() if value.strip()}
    if given.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return []
    named = given.get(EXPORTER) or ("otlp" if any(name in given for name in _ADDRESSES) else "none")
    names = [name.strip() for name in named.split(",")]
    return [_otlp(given) if name == "otlp" else name for name in names if name not in {"none", ""}]


def _otlp(given: Mapping[str, str]) -> str:
    name = next((name for name in _PROTOCOLS if name in given), "")
    protocol = given.get(name, "http/protobuf")
    if protocol not in _OTLP:
        raise ValueError(f"{name} is {protocol!r}: it is one of {', '.join(_OTLP)}")
    return _OTLP[protocol]

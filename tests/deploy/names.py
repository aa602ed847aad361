"""The metrics and settings that deploy/ may name."""

from gateway.errors import Code
from gateway.settings import PREFIX, Settings

EXPOSED = {
    "gateway_info": {"version"},
    "gateway_operations_total": {"operation", "code"},
    "gateway_operation_duration_seconds": {"operation"},
    "gateway_operation_kpis": set[str](),
    "gateway_requests_in_flight": set[str](),
    "gateway_limits_refused_total": {"limit"},
    "gateway_departed_total": set[str](),
    "gateway_plans_total": {"result"},
    "gateway_upstream_calls_total": {"kind", "code"},
    "gateway_upstream_call_duration_seconds": set[str](),
    "gateway_upstream_items_total": set[str](),
    "gateway_upstream_batch_size": set[str](),
    "gateway_upstream_item_seconds": set[str](),
    "gateway_upstream_batching_mode": {"mode"},
    "gateway_upstream_calls_abandoned_total": set[str](),
    "gateway_upstream_refused_total": {"reason"},
    "gateway_upstream_breaker_state": {"state"},
    "gateway_upstream_retries_total": set[str](),
    "gateway_upstream_calls_in_flight": set[str](),
    "gateway_upstream_queue": set[str](),
    "gateway_contract_drift_total": {"kind", "field"},
    "gateway_cache_lookups_total": {"result"},
    "gateway_cache_age_seconds": set[str](),
    "gateway_cache_stale_served_total": set[str](),
    "gateway_cache_backend_errors_total": set[str](),
    "gateway_cache_backend_up": set[str](),
    "gateway_callers_refused_total": {"reason"},
    "gateway_jwks_refreshes_total": {"result"},
    "process_resident_memory_bytes": set[str](),
    "process_cpu_seconds_total": set[str](),
    "process_open_fds": set[str](),
    "process_max_fds": set[str](),
    "process_start_time_seconds": set[str](),
}
"""What /metrics has, with its labels."""

HISTOGRAMS = {
    "gateway_operation_duration_seconds",
    "gateway_operation_kpis",
    "gateway_upstream_call_duration_seconds",
    "gateway_upstream_batch_size",
    "gateway_cache_age_seconds",
}
VALUES = {
    "code": {"OK", *Code},
    "le": {"1.0"},
    "kind": {"batch"},
    "limit": {"max_requests"},
    "mode": {"off"},
    "result": {"hit", "ok"},
    "state": {"closed", "open"},
}
"""Values that labels have, of those that are looked for."""

OF_OTHERS = {"up": {"job", "instance", "namespace", "pod"}, "ALERTS": {"alertname", "alertstate"}}
"""What Prometheus itself knows, and puts on all that it scrapes. Names of kube-state-metrics begin with kube_."""

SETTINGS = {name.upper() for name in Settings.model_fields}
SECRETS = {name.upper() for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)}


def setting(name: str) -> str:
    """Return a setting's name in the environment."""
    return PREFIX + name

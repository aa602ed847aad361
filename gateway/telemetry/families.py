"""Every metric: its name, what it says, its labels, and where its numbers are; the README has them too."""

from collections.abc import Callable
from typing import Literal, NamedTuple

from gateway.telemetry.tallies import Counts, Spreads, Tallies


class Counter(NamedTuple):
    """What only grows."""

    name: str
    help: str
    of: Callable[[Tallies], Counts]
    labels: tuple[str, ...] = ()


class Histogram(NamedTuple):
    """Values, in buckets."""

    name: str
    help: str
    of: Callable[[Tallies], Spreads]
    labels: tuple[str, ...] = ()


class Gauge(NamedTuple):
    """How it stands just now. ``mode``: what many processes have together."""

    name: str
    help: str
    mode: Literal["livesum", "livemax", "livemin"]
    labels: tuple[str, ...] = ()


COUNTERS = (
    Counter(
        "gateway_operations_total",
        "Operations answered, by name and by `OK` or the first error's code. `-`: requests refused before that; "
        "`anonymous`: without a name; `other`: beyond trusted documents and the first 200 names.",
        lambda tallies: tallies.operations.done,
        ("operation", "code"),
    ),
    Counter(
        "gateway_limits_refused_total",
        "Requests and operations refused because a limit was passed, by its setting; `other`: a limit without one.",
        lambda tallies: tallies.operations.limits,
        ("limit",),
    ),
    Counter(
        "gateway_departed_total",
        "Requests whose client left before the answer; they are no operations answered.",
        lambda tallies: tallies.operations.departed,
    ),
    Counter(
        "gateway_plans_total",
        "Documents that were ready to run (hit), or had to be parsed and validated (miss).",
        lambda tallies: tallies.operations.plans,
        ("result",),
    ),
    Counter(
        "gateway_upstream_calls_total",
        "Calls to the KPI service that ended, of many KPIs (batch) or one (single), by what came of them.",
        lambda tallies: tallies.upstream.calls,
        ("kind", "code"),
    ),
    Counter(
        "gateway_upstream_calls_abandoned_total",
        "Calls that were cancelled because nobody waited for them any longer; they are not among those that ended.",
        lambda tallies: tallies.upstream.abandoned,
    ),
    Counter(
        "gateway_upstream_items_total",
        "KPIs that calls asked for, those asked for again included.",
        lambda tallies: tallies.upstream.items,
    ),
    Counter(
        "gateway_upstream_retries_total",
        "Calls that are made again because they failed in passing.",
        lambda tallies: tallies.upstream.retries,
    ),
    Counter(
        "gateway_upstream_refused_total",
        "KPIs that the service was not asked for, because the circuit was open or too much waited already.",
        lambda tallies: tallies.upstream.unasked,
        ("reason",),
    ),
    Counter(
        "gateway_contract_drift_total",
        "Fields that the service sent undeclared, left out, or sent as another type; undeclared ones are `other`. "
        "Looked for in an answer that cannot be read, and in one of the others every ten seconds.",
        lambda tallies: tallies.upstream.drift,
        ("kind", "field"),
    ),
    Counter(
        "gateway_cache_lookups_total",
        "KPIs that were shown from the cache (hit), or had to be asked for (miss).",
        lambda tallies: tallies.cache.lookups,
        ("result",),
    ),
    Counter(
        "gateway_cache_stale_served_total",
        "KPIs shown past their end because the service failed.",
        lambda tallies: tallies.cache.stale,
    ),
    Counter(
        "gateway_cache_backend_errors_total",
        "Trips to the shared cache that failed, and writes that it refused.",
        lambda tallies: tallies.cache.errors,
    ),
    Counter(
        "gateway_callers_refused_total",
        "Requests refused for who sent them, by reason.",
        lambda tallies: tallies.callers.turned_away,
        ("reason",),
    ),
    Counter(
        "gateway_jwks_refreshes_total",
        "Times that the keys of the callers' tokens were fetched: ok, or failed.",
        lambda tallies: tallies.callers.refreshes,
        ("result",),
    ),
)
HISTOGRAMS = (
    Histogram(
        "gateway_operation_duration_seconds",
        "Seconds from a request's head to its answer; of an operation in an array, to its own result.",
        lambda tallies: tallies.operations.seconds,
        ("operation",),
    ),
    Histogram(
        "gateway_operation_kpis",
        "KPIs that an operation asked for, each customer and period counted once.",
        lambda tallies: tallies.operations.kpis,
    ),
    Histogram(
        "gateway_upstream_call_duration_seconds",
        "Seconds of a call to the KPI service, time-outs among them.",
        lambda tallies: tallies.upstream.seconds,
    ),
    Histogram(
        "gateway_upstream_batch_size", "KPIs in a call for more than one.", lambda tallies: tallies.upstream.sizes
    ),
    Histogram(
        "gateway_cache_age_seconds",
        "Age of the KPIs that were shown from the cache, stale ones included.",
        lambda tallies: tallies.cache.ages,
    ),
)
GAUGES = (
    Gauge("gateway_info", "1, and the version that runs.", "livemax", ("version",)),
    Gauge("gateway_requests_in_flight", "Requests that have been read and are being answered.", "livesum"),
    Gauge(
        "gateway_upstream_item_seconds",
        "Seconds that the KPI service takes for one KPI of a call, as estimated; of processes, the slowest estimate.",
        "livemax",
    ),
    Gauge(
        "gateway_upstream_batching_mode",
        "1 for the way in which a process sends batches: unknown, post, override or off.",
        "livemax",
        ("mode",),
    ),
    Gauge(
        "gateway_upstream_breaker_state",
        "1 for the state that a process has the circuit in: closed, open or half_open.",
        "livemax",
        ("state",),
    ),
    Gauge("gateway_upstream_calls_in_flight", "Calls to the KPI service that are under way.", "livesum"),
    Gauge("gateway_upstream_queue", "KPIs that wait for a call to the KPI service.", "livesum"),
    Gauge(
        "gateway_cache_backend_up",
        "0 while a process leaves the shared cache alone because it fails; 1 otherwise, also without one.",
        "livemin",
    ),
)

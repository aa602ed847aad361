"""From the settings to the way upstream: how it is asked, with which credential, and by how many calls at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import httpx
from pydantic import SecretStr
from starlette.types import ASGIApp

from gateway.settings import Settings, SettingsError
from gateway.telemetry import tracing
from gateway.telemetry.tallies import UpstreamTally
from gateway.upstream.asking import Asker, Learnt
from gateway.upstream.batching import Batching, Mode
from gateway.upstream.breaker import Breaker
from gateway.upstream.client import KpiClient, Limits, Record
from gateway.upstream.credentials import Credentials, Unchanging, basic
from gateway.upstream.exchange import Exchange
from gateway.upstream.network import Network
from gateway.upstream.over_httpx import HttpxExchange
from gateway.upstream.sender import Sender
from gateway.upstream.settling import Reading
from gateway.upstream.tokens import ClientCredentials, token_request
from gateway.upstream.ways import proxy_for
from gateway.upstream.wire import Format

if TYPE_CHECKING:
    from gateway.telemetry.spans import Spans

_ROUNDS = 4  # of all calls at once, each as large as may be: what is taken on at most
_LEAST_WANTED = 100  # keys, however few and small calls may be


@dataclass(frozen=True, slots=True)
class Upstream:
    """The way to the upstream: how it is asked and how its answers are read."""

    exchange: Exchange
    credentials: Credentials
    sender: Sender
    reading: Reading
    learnt: Learnt

    async def aclose(self) -> None:
        await self.credentials.aclose()
        await self.exchange.aclose()


def open_spans(environment: Mapping[str, str]) -> "Spans | None":
    """Return what spans are made by, if the environment wants any; SettingsError for what it wants and is not here."""
    try:
        exporters = tracing.exporters(environment)
        return _spans(exporters) if exporters else None
    except ValueError as error:
        raise SettingsError(str(error)) from None
    except ImportError:
        raise SettingsError("OTEL_* variables want spans: install customer-kpi-gateway[otel]") from None


def _spans(exporters: Sequence[str]) -> "Spans":
    from gateway.telemetry.spans import Spans  # noqa: PLC0415  # OpenTelemetry is for who wants it: 25 MB, a third of a second

    return Spans(exporters)


def around(endpoint: ASGIApp, spans: "Spans | None") -> ASGIApp:
    """Return the endpoint within spans, if there are any."""
    if spans is None:
        return endpoint
    from gateway.telemetry.operation_spans import OperationSpans  # noqa: PLC0415  # as above

    return OperationSpans(endpoint, spans)


def _sender(spans: "Spans | None") -> Callable[..., Sender]:
    if spans is None:
        return Sender
    from gateway.upstream.spans import TracedSender  # noqa: PLC0415  # as above

    return partial(TracedSender, spans)


def open_upstream(
    settings: Settings, transport: httpx.AsyncBaseTransport | None = None, spans: "Spans | None" = None
) -> Upstream:
    """Return the way to the upstream that the settings describe; ValueError without its address.

    SettingsError for a proxy of the environment that cannot be used.
    """
    if settings.upstream_url is None:
        raise ValueError("GATEWAY_UPSTREAM_URL is not set")
    exchange = HttpxExchange(transport) if transport else _network(settings)
    credentials = _credentials(settings, exchange)
    sender = _sender(spans)(
        exchange,
        str(settings.upstream_url),
        credentials=credentials,
        breaker=Breaker(),
        timeout=min(settings.upstream_timeout, settings.request_timeout),
    )
    reading = Reading(Format(settings.upstream_format), own=credentials.own)
    learnt = Learnt(Batching() if settings.upstream_batching == "auto" else Batching(Mode.OFF))
    return Upstream(exchange, credentials, sender, reading, learnt)


def _network(settings: Settings) -> Network:
    """Return the network, one connection more than calls may be under way: for tokens."""
    try:
        proxy_for(str(settings.upstream_url))
    except ValueError as error:
        raise SettingsError(str(error)) from None
    return Network(connections=settings.upstream_concurrency + 1)


def _credentials(settings: Settings, exchange: Exchange) -> Credentials:
    match settings.upstream_auth:
        case "bearer":
            return Unchanging(("Authorization", f"Bearer {secret(settings.upstream_token)}"))
        case "api-key":
            return Unchanging(("X-Api-Key", secret(settings.upstream_api_key)))
        case "basic":
            return Unchanging(basic(str(settings.upstream_username), secret(settings.upstream_password)))
        case "client-credentials":
            client = str(settings.upstream_client_id), secret(settings.upstream_client_secret)
            request = token_request(str(settings.upstream_token_url), *client, settings.upstream_scope)
            return ClientCredentials(exchange, request, timeout=settings.upstream_timeout)
        case _:
            return Unchanging()


def secret(given: SecretStr | None) -> str:
    """Return what a setting hides; empty when it is not set."""
    return given.get_secret_value() if given else ""


def open_client(
    settings: Settings, upstream: Upstream, record: Record, clock: Callable[[], float], tally: UpstreamTally
) -> KpiClient:
    """Return what fetches KPIs that way; ``record`` is told what came, ``clock`` is in seconds since the epoch."""
    slots = settings.upstream_concurrency
    asker = Asker(
        upstream.sender,
        upstream.reading,
        upstream.learnt,
        batch_size=settings.upstream_batch_size,
        clock=clock,
        tally=tally,
    )
    limits = Limits(slots, wanted=max(_ROUNDS * slots * settings.upstream_batch_size, _LEAST_WANTED))
    return KpiClient(asker, limits, record, tally)

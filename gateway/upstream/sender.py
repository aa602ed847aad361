"""One call to the upstream: with a credential, through the breaker, by its end, and replayed once after a 401."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from contextvars import Context
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from gateway.errors import CircuitOpen, UpstreamContract, UpstreamTimeout
from gateway.telemetry import traceparent
from gateway.telemetry.reports import Usage
from gateway.telemetry.traceparent import Traced
from gateway.upstream.breaker import Breaker, Report, State
from gateway.upstream.credentials import Credential, Credentials
from gateway.upstream.exchange import Answer, Exchange, Headers, Request
from gateway.upstream.statuses import is_breakdown, is_of_credential
from gateway.upstream.wire import Call

_NEARLY = 0.9  # of an attempt's time: whoever left by then had waited for an upstream that did not answer
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ask:
    """On whose behalf calls are made, and until when they are waited for (the loop's clock, seconds).

    ``trace``: what they belong to, if the request said so. ``usage``: where it is counted in how many it took part.
    ``serves``: the contexts of those that a call is made for, as long as it is under way, where anybody wants to know
    them.
    """

    credential: Credential
    request_id: str
    deadline: float
    trace: Traced | None = None
    usage: Usage | None = None
    serves: Callable[[], Iterable[Context]] | None = None


class Sender:
    """Sends calls. One attempt ends within ``timeout`` seconds, whatever happens, or when it is cancelled."""

    def __init__(
        self, exchange: Exchange, base_url: str, *, credentials: Credentials, breaker: Breaker, timeout: float
    ) -> None:
        self._exchange = exchange
        self._base_url = base_url.rstrip("/")
        self._credentials = credentials
        self._breaker = breaker
        self.timeout = timeout

    def refusal(self) -> CircuitOpen | None:
        """Return why nothing is sent just now; None when something may be."""
        return self._breaker.refusal(_now())

    def circuit(self) -> State:
        """Return the state of the circuit."""
        return self._breaker.state(_now())

    def is_probing(self) -> bool:
        """Whether one call is to find out, or finds out just now, if the upstream is back."""
        return self._breaker.is_half_open(_now())

    def amiss(self) -> str | None:
        """Return, for an operator, that the upstream is left alone; None while it is asked."""
        if not self._breaker.is_open:
            return None
        return f"the circuit is {'half open' if self.is_probing() else 'open'}: the upstream fails too often"

    async def send(self, ask: Ask, call: Call) -> tuple[Answer, float]:
        """Return the answer, whatever its status, and the seconds it took; raises the GatewayError of a failed call.

        UpstreamTimeout says that one attempt took ``timeout`` seconds, and nothing else.
        """
        headers = await self._credentials.headers(ask.credential, _now() + self.timeout)
        answer, seconds = await self.attempt(ask, call, headers)
        if is_of_credential(answer) and (others := await self._credentials.renewed(headers, _now() + self.timeout)):
            return await self.attempt(ask, replace(call, asked=call.asked + 1), others)
        return answer, seconds

    async def attempt(self, ask: Ask, call: Call, credential: Headers) -> tuple[Answer, float]:
        """Make one attempt, and tell the breaker what it says of the upstream's health."""
        began = _now()
        probe = self._breaker.admit(began)
        report = Report.FAILED
        try:
            async with asyncio.timeout(self.timeout):
                answer = await self._exchange.send(self._request(ask, call, credential))
            report = Report.FAILED if is_breakdown(answer) else Report.ANSWERED
        except TimeoutError:
            raise UpstreamTimeout("the answer did not come in time") from None
        except UpstreamContract:
            report = Report.ANSWERED
            raise
        except asyncio.CancelledError:
            report = Report.FAILED if _now() - began >= _NEARLY * self.timeout else Report.NOTHING
            raise
        finally:
            self._report(report, probe=probe)
        return answer, _now() - began

    def _report(self, report: Report, *, probe: bool) -> None:
        was_open = self._breaker.is_open
        self._breaker.report(report, _now(), probe=probe)
        if self._breaker.is_open and not was_open:
            _log.error("the circuit is open: the upstream fails too often")
        elif was_open and not self._breaker.is_open:
            _log.warning("the circuit is closed: the upstream answers again")

    def _request(self, ask: Ask, call: Call, credential: Headers) -> Request:
        """Make the request from nothing but what is listed here."""
        query = f"?{urlencode(call.params)}" if call.params else ""
        headers = (
            ("Accept", call.accept),
            ("Accept-Encoding", "gzip"),
            ("X-Request-Id", ask.request_id),
            *(((traceparent.HEADER, ask.trace.child()),) if ask.trace else ()),
            *credential,
            *call.headers,
        )
        return Request(call.method, f"{self._base_url}/{call.path}{query}", headers, call.content)


def _now() -> float:
    return asyncio.get_running_loop().time()

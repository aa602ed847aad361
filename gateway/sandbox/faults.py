"""What can go wrong with a whole call: answers given instead of the service's, and answers spoiled.

429 503              overload, with `retry_after` and `fault_body`
502 504              a proxy's HTML page
500                  the pipeline broke: a ResponseStatus, no X-AutoBatch-Completed
500-completed        batches: the service broke at the first item, X-AutoBatch-Completed is 0
206 html-200         an empty 206; an HTML page with 200
login-302            a redirect to a login
truncated            half of the body
nan infinity         totalSpendingAmount is no JSON number
missing retyped      totalItems is absent; is text
wrong-id zero-id     boosterCustomerId is another one; is 0
swapped short        batches: the last two results change places; the last is absent
stripped             batches: no X-AutoBatch-Completed
hang                 `hang` seconds pass first
reset refuse         the connection breaks; is refused (behind a web server both break it)

A fault of the data spoils the last result that there is: whoever checks only the first does not see it.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import orjson

from gateway.sandbox.answers import ASP_NET, COMPLETED, Answer, global_headers, powered_by
from gateway.sandbox.failures import CallError, PipelineError, ServiceError
from gateway.sandbox.kpi import Dto, Value
from gateway.sandbox.switches import Switches

BATCH_ONLY = {"swapped", "short", "stripped", "500-completed"}
_OF_DATA = {"nan", "infinity", "missing", "retyped", "wrong-id", "zero-id"}

_PAGE = "text/html; charset=utf-8"
_NAMES = {"429": "Too Many Requests", "502": "Bad Gateway", "503": "Service Unavailable", "504": "Gateway Timeout"}


def strikes(switches: Switches, kind: str, struck: int) -> bool:
    """Tell whether the fault hits this call, after it hit so many."""
    if switches.fault == "none" or switches.fault_on not in {"all", kind}:
        return False
    if switches.fault in BATCH_ONLY and kind != "batch":
        return False
    return switches.fault_calls is None or struck < switches.fault_calls


def instead(fault: str, switches: Switches, now: datetime) -> Answer | None:
    """Answer in the service's place, if the fault is of that sort."""
    if fault in {"429", "503"}:
        return _overloaded(fault, switches, now)
    if fault in {"502", "504"}:
        return _page(int(fault), _NAMES[fault], switches.canary)
    if fault == "206":
        return Answer(206, global_headers(switches))
    if fault == "html-200":
        return _page(200, "Sign in", switches.canary)
    if fault == "login-302":
        return Answer(302, {"Location": "/login?redirect=%2F", **global_headers(switches)})
    return None


def broken(fault: str) -> CallError | None:
    """Return the error to answer with, in whatever format was asked for, if the fault is of that sort."""
    if fault == "500":
        return PipelineError(500, "Exception", "the pipeline broke")
    if fault != "500-completed":
        return None
    error = ServiceError(500, "Exception", "the service broke")
    error.completed = 0
    return error


def _overloaded(fault: str, switches: Switches, now: datetime) -> Answer:
    content_type, body = _foreign_body(_NAMES[fault], switches)
    headers = powered_by(ASP_NET, switches.canary)
    if content_type:
        headers["Content-Type"] = content_type
    if switches.retry_after != "none":
        headers["Retry-After"] = _retry_after(switches.retry_after, now)
    return Answer(int(fault), headers, body)


def _foreign_body(name: str, switches: Switches) -> tuple[str, bytes]:
    told = f"{name} {switches.canary}".rstrip()
    bodies = {
        "empty": ("", b""),
        "text": ("text/plain", told.encode()),
        "html": (_PAGE, _html(told)),
        "json": ("application/json", orjson.dumps({"error": {"reason": told}})),
    }
    return bodies[switches.fault_body]


def _retry_after(wanted: str, now: datetime) -> str:
    ahead = wanted.removeprefix("date:")
    if ahead == wanted:
        return wanted
    return format_datetime(now.astimezone(UTC) + timedelta(seconds=int(ahead)), usegmt=True)


def _page(status: int, title: str, canary: str) -> Answer:
    headers = {"Content-Type": _PAGE, **powered_by(ASP_NET, canary)}
    return Answer(status, headers, _html(f"{title} {canary}".rstrip()))


def _html(title: str) -> bytes:
    return f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>".encode()


def distort(fault: str, dtos: Sequence[Dto | None]) -> list[Dto | None]:
    """Spoil the results of a batch."""
    spoiled = list(dtos)
    if fault == "swapped":
        spoiled[-2:] = reversed(spoiled[-2:])
    elif fault == "short":
        del spoiled[-1:]
    elif fault in _OF_DATA and (results := [index for index, dto in enumerate(spoiled) if dto is not None]):
        spoiled[results[-1]] = distort_one(fault, spoiled[results[-1]])
    return spoiled


def distort_one(fault: str, dto: Dto | None) -> Dto | None:
    """Spoil a single result."""
    if fault not in _OF_DATA or dto is None:
        return dto
    if fault == "missing":
        return {name: value for name, value in dto.items() if name != "totalItems"}
    changed: Mapping[str, Mapping[str, Value]] = {
        "nan": {"totalSpendingAmount": math.nan},
        "infinity": {"totalSpendingAmount": math.inf},
        "retyped": {"totalItems": f"{dto['totalItems']}"},
        "wrong-id": {"boosterCustomerId": _next(dto["boosterCustomerId"])},
        "zero-id": {"boosterCustomerId": 0},
    }
    return {**dto, **changed[fault]}


def _next(customer: Value) -> int:
    """Return an id that was not asked."""
    return customer % (2**31 - 1) + 1 if isinstance(customer, int) else 0


def spoil(fault: str, answer: Answer) -> Answer:
    """Spoil the answer as it leaves."""
    if fault == "truncated":
        return replace(answer, body=answer.body[: len(answer.body) // 2])
    return answer.without(COMPLETED) if fault == "stripped" else answer

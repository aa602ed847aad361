"""What an answer that is no KPI means. Decided by its status, never by a KPI in its body: errors carry one of zeros."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from gateway.errors import (
    Forbidden,
    GatewayError,
    Unauthenticated,
    UpstreamContract,
    UpstreamError,
    UpstreamThrottled,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from gateway.upstream.decoding import has_kpi_members, is_error_body
from gateway.upstream.exchange import Answer
from gateway.upstream.wire import Format

LONGEST_RETRY_AFTER = 3600  # seconds; what a client is told to wait at most
_USUAL = {"application/json", "application/xml", "text/csv", "text/html", "text/plain", "text/xml"}
_UNKNOWN_KEY = b"API Key does not exist"  # ServiceStack's own 404 for a credential


def is_unknown_customer(answer: Answer, form: Format) -> bool:
    """Whether the service says that it has no such customer.

    Nothing at all (204) says so, and a 404 whose body is one of the service's own. Any other 404, empty, a page, or a
    proxy's JSON, means that the address is wrong, and null for every customer would be a wrong answer.
    """
    if answer.status == 404:
        return (
            answer.media_type == form.media_type and is_error_body(answer.body, form) and not is_of_credential(answer)
        )
    return answer.status == 204


def failure(answer: Answer, now: datetime) -> GatewayError:
    """Return what stands in for a KPI, for any answer that is neither a KPI nor an unknown customer."""
    status = answer.status
    if is_of_credential(answer):
        return _told(Unauthenticated(), status)
    if status == 403:
        return _told(Forbidden(), status)
    return _kind(status)(
        in_short(answer),
        retryable=_is_passing(status),
        retry_after=retry_after(answer.headers.get("retry-after"), now),
        upstream_status=status,
    )


def in_short(answer: Answer) -> str:
    """Return an answer's status and its media type, if that is a usual one: others would be the upstream's words."""
    if not answer.media_type:
        return f"status {answer.status}, no media type"
    return f"status {answer.status}, {answer.media_type if answer.media_type in _USUAL else 'an odd media type'}"


def is_of_credential(answer: Answer) -> bool:
    """Whether the credential is not accepted: it would be no different for any other customer."""
    return answer.status == 401 or _is_login(answer) or (answer.status == 404 and _UNKNOWN_KEY in answer.body)


def is_overload(status: int) -> bool:
    """Whether asking more would make it worse: a failed batch is then no reason for many single calls."""
    return status in {408, 429, 502, 503, 504}


def is_breakdown(answer: Answer) -> bool:
    """Whether the answer counts against the service's health."""
    return is_overload(answer.status) or (answer.status >= 500 and not is_one_customers(answer))


def is_one_customers(answer: Answer) -> bool:
    """Whether a 5xx is one customer's own: the batch says which item it was, or the body is the service's own KPI."""
    if answer.status < 500 or is_overload(answer.status):
        return False
    form = next((form for form in Format if form.media_type == answer.media_type), None)
    return "x-autobatch-completed" in answer.headers or (form is not None and has_kpi_members(answer.body, form))


def is_everyones(answer: Answer) -> bool:
    """Whether a single call for another customer would most likely fare no better."""
    return 300 <= answer.status < 400 or is_of_credential(answer) or is_breakdown(answer)


def retry_after(text: str | None, now: datetime) -> int | None:
    """Read Retry-After, seconds or a date, as whole seconds from now, 0 to an hour; None when it says neither."""
    if text is None:
        return None
    if text.strip().isascii() and text.strip().isdecimal():
        return min(int(text.strip()[:10]), LONGEST_RETRY_AFTER)
    try:
        then = parsedate_to_datetime(text)
        seconds = ((then if then.tzinfo else then.replace(tzinfo=UTC)) - now).total_seconds()
    except (ValueError, OverflowError):
        return None
    return max(0, min(round(seconds), LONGEST_RETRY_AFTER))


def _kind(status: int) -> type[UpstreamError]:
    match status:
        case 429:
            return UpstreamThrottled
        case 408 | 504:
            return UpstreamTimeout
        case 502 | 503:
            return UpstreamUnavailable
        case 404 | 405:
            return UpstreamContract
        case _ if status < 400:
            return UpstreamContract
        case _:
            return UpstreamError


def _is_passing(status: int) -> bool:
    return is_overload(status) or status == 500


def _is_login(answer: Answer) -> bool:
    return 300 <= answer.status < 400 and "login" in answer.headers.get("location", "").lower()


def _told(error: GatewayError, status: int) -> GatewayError:
    error.upstream_status = status
    return error

"""An answer's status decides; its body never makes a KPI or a message."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import Code, GatewayError
from gateway.upstream.exchange import Answer
from gateway.upstream.statuses import LONGEST_RETRY_AFTER, failure, is_unknown_customer, retry_after
from gateway.upstream.wire import Format

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ZEROS = (
    b'{"boosterCustomerId":0,"totalTransaction":0,"totalSales":0,"totalReturn":0,"totalItems":0,'
    b'"averageBasketAmount":0,"totalSpendingAmount":0}'
)


XML_ZEROS = b"".join(b"<%s>0</%s>" % (name, name) for name in re.findall(rb'"(\w+)"', ZEROS))


def answer(status: int, body: bytes = ZEROS, media: str = "application/json; charset=utf-8", **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, {"content-type": media, **named}, body)


@pytest.mark.parametrize(
    ("given", "code", "retryable"),
    [
        (answer(200, b"<html>", "text/html"), Code.UPSTREAM_CONTRACT, False),
        (answer(206, b""), Code.UPSTREAM_CONTRACT, False),
        (answer(301), Code.UPSTREAM_CONTRACT, False),
        (answer(302, location="http://upstream.test/login?redirect=x"), Code.UNAUTHENTICATED, False),
        (answer(302, location="/Account/Login"), Code.UNAUTHENTICATED, False),
        (answer(302, location="/elsewhere"), Code.UPSTREAM_CONTRACT, False),
        (answer(400), Code.UPSTREAM_ERROR, False),
        (answer(401, b""), Code.UNAUTHENTICATED, False),
        (answer(403), Code.FORBIDDEN, False),
        (answer(404, b""), Code.UPSTREAM_CONTRACT, False),
        (answer(404, b'{"responseStatus":{"message":"API Key does not exist"}}'), Code.UNAUTHENTICATED, False),
        (answer(405), Code.UPSTREAM_CONTRACT, False),
        (answer(408), Code.UPSTREAM_TIMEOUT, True),
        (answer(409), Code.UPSTREAM_ERROR, False),
        (answer(429), Code.UPSTREAM_THROTTLED, True),
        (answer(500), Code.UPSTREAM_ERROR, True),
        (answer(501), Code.UPSTREAM_ERROR, False),
        (answer(502), Code.UPSTREAM_UNAVAILABLE, True),
        (answer(503), Code.UPSTREAM_UNAVAILABLE, True),
        (answer(504), Code.UPSTREAM_TIMEOUT, True),
        (answer(599), Code.UPSTREAM_ERROR, False),
    ],
)
def test_each_status_is_one_failure(given: Answer, code: Code, retryable: bool) -> None:
    result = failure(given, NOW)
    assert (result.code, result.retryable, result.upstream_status) == (code, retryable, given.status)


@given(st.integers(100, 599), st.binary(), st.text())
def test_whatever_the_answer_it_is_a_failure_without_the_upstreams_words(status: int, body: bytes, media: str) -> None:
    headers = {"content-type": f"{media}hunter2", "location": "hunter2"}
    result = failure(Answer(status, headers, body + b"hunter2"), NOW)
    assert isinstance(result, GatewayError)
    assert "hunter2" not in result.public
    assert "hunter2" not in str(result)


@pytest.mark.parametrize(
    ("given", "unknown"),
    [
        (answer(204, b"", ""), True),
        (answer(404), True),
        (answer(404, b'{"responseStatus":{"errorCode":"NotFound"}}'), True),
        (answer(404, b'{"ResponseStatus":{"ErrorCode":"NotFound"}}'), True),
        (answer(404, b'{"message":"no Route matched with those values"}'), False),
        (answer(404, b'{"boosterCustomerId":0}'), False),
        (answer(404, b"[]"), False),
        (answer(404, b'"x"'), False),
        (answer(404, b"{"), False),
        (answer(404, b"", ""), False),
        (answer(404, b"<h1>IIS</h1>", "text/html"), False),
        (answer(404, b"<ErrorResponse/>", "application/xml"), False),
        (answer(404, b'{"responseStatus":{"message":"API Key does not exist"}}'), False),
        (answer(200), False),
        (answer(410), False),
    ],
)
def test_a_customer_is_unknown_only_when_the_service_says_so(given: Answer, unknown: bool) -> None:
    assert is_unknown_customer(given, Format.JSON) is unknown


@pytest.mark.parametrize(
    ("body", "unknown"),
    [
        (b"<GetCustomerKpiResponse>" + XML_ZEROS + b"</GetCustomerKpiResponse>", True),
        (b"<ErrorResponse><ResponseStatus><ErrorCode>NotFound</ErrorCode></ResponseStatus></ErrorResponse>", True),
        (b"<error><message>no Route matched</message></error>", False),
        (b"<ErrorResponse>", False),
    ],
)
def test_in_xml_too_only_the_service_says_so(body: bytes, unknown: bool) -> None:
    assert is_unknown_customer(answer(404, body, "application/xml"), Format.XML) is unknown


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("5", 5),
        (" 5 ", 5),
        ("0", 0),
        ("86400", LONGEST_RETRY_AFTER),
        ("9" * 400, LONGEST_RETRY_AFTER),
        ("-5", None),
        ("1.5", None),
        ("\u0665", None),
        ("soon", None),
        ("", None),
        ("Mon, 23 Nov 2026 12:00:30 GMT", 30),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0),
        ("Tue, 24 Nov 2026 12:00:00 GMT", LONGEST_RETRY_AFTER),
        ("Mon, 23 Nov 2026 12:00:30", 30),
        ("Mon, 23 Nov 2026 12:00:00 +999999999999999", None),
        (f"Mon, 23 Nov {'2' * 30} 12:00:00 GMT", None),
        ("Mon, 01 Jan 0001 00:00:00 +2359", 0),
    ],
)
def test_retry_after_is_seconds_from_now(text: str | None, seconds: int | None) -> None:
    assert retry_after(text, NOW) == seconds


@given(st.text())
def test_no_retry_after_is_too_strange(text: str) -> None:
    seconds = retry_after(text, NOW)
    assert seconds is None or 0 <= seconds <= LONGEST_RETRY_AFTER


@given(st.integers(-100_000, 100_000))
def test_a_date_is_as_good_as_seconds(seconds: int) -> None:
    then = (NOW + timedelta(seconds=seconds)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert retry_after(then, NOW) == max(0, min(seconds, LONGEST_RETRY_AFTER))

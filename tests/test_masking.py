"""Nothing of the upstream, of a caller or of ours is in an answer or the log: planted texts never arrive."""

import json
from collections.abc import Iterable

import httpx
import pytest
from graphql import GraphQLError

from gateway.errors import Code, RequestRefused
from gateway.masking import public, public_all, public_refusal
from gateway.sandbox import Sandbox, SandboxTransport
from tests.conftest import Reply, serving
from tests.test_failures import FAULTS, TIME_FOR

SCANDAL = "db password hunter2 is wrong"
STATUSES = [200, 201, 204, 206, 301, 302, 400, 401, 403, 404, 405, 409, 410, 429, 500, 502, 503, 504]
MEDIA = ["application/json", "application/xml", "text/html", "text/plain", ""]
BODIES = [SCANDAL, json.dumps({"responseStatus": {"message": SCANDAL}}), f"[{json.dumps(SCANDAL)}]", ""]


def test_what_nobody_named_is_an_internal_error_and_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    told = public(GraphQLError(SCANDAL, original_error=ZeroDivisionError(SCANDAL), path=["customer"]))
    assert (told["path"], told["extensions"]["code"]) == (["customer"], "INTERNAL_SERVER_ERROR")
    assert "hunter2" not in str(told)
    assert "ZeroDivisionError" in caplog.text


NULL = "query ($if: Boolean = false) { %s }"


@pytest.mark.parametrize(
    ("selection", "path"),
    [
        ("__typename @skip(if: $if)", None),
        ("... @include(if: $if) { __typename }", None),
        ("_service @skip(if: $if) { sdl }", None),
        ("customer(id: 1) { id @skip(if: $if) }", ["customer"]),
    ],
)
async def test_a_condition_that_is_null_is_the_clients_fault_wherever_it_stands(
    sandbox: Sandbox, selection: str, path: list[str] | None, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(SandboxTransport(sandbox)) as gateway:
        reply = await gateway.ask(NULL % selection, {"if": None})
    assert (reply.status, reply.codes, reply.errors[0].get("path")) == (294, ["BAD_USER_INPUT"], path)
    assert "path" not in reply.errors[0] or path
    assert caplog.text == ""


def test_a_failure_of_a_whole_operation_that_nobody_named_is_internal(caplog: pytest.LogCaptureFixture) -> None:
    told = public(GraphQLError(SCANDAL))
    assert ("path" in told, told["extensions"]["code"]) == (False, "INTERNAL_SERVER_ERROR")
    assert "hunter2" not in str(told)
    assert "hunter2" in caplog.text


@pytest.mark.parametrize("length", [500, 501, 100_000])
def test_a_message_is_not_longer_than_anybody_reads(length: int) -> None:
    (told,) = public_refusal(RequestRefused(422, Code.BAD_REQUEST, "x" * length))
    assert told["message"] == "x" * 500 + ("…" if length > 500 else "")


@pytest.mark.parametrize("fault", [fault for fault, *_ in FAULTS])
async def test_a_failing_call_is_logged_without_who_asked_and_for_whom(
    sandbox: Sandbox, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    sandbox.switches = sandbox.switches.changed({"fault": fault, "hang": 3})
    async with serving(SandboxTransport(sandbox), upstream_timeout=TIME_FOR.get(fault, 5)) as gateway:
        await gateway.kpis([2718], headers={"Authorization": "Bearer demo-hunter3"})
    assert "a call failed" in caplog.text
    assert not [secret for secret in ("hunter3", "2718") if secret in caplog.text]


def everything(reply: Reply) -> str:
    return json.dumps(reply.body) + repr(reply.headers.raw)


@pytest.mark.parametrize("fault", [fault for fault, *_ in FAULTS])
@pytest.mark.parametrize("debug", [False, True])
async def test_no_text_of_the_upstream_reaches_a_client(
    sandbox: Sandbox,
    fault: str,
    debug: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    changes = {"canary": SCANDAL, "fault": fault, "debug_mode": debug, "hang": 3, "error_body": "responseStatus"}
    sandbox.switches = sandbox.switches.changed(changes)
    async with serving(SandboxTransport(sandbox), upstream_timeout=TIME_FOR.get(fault, 5)) as gateway:
        replies = [await gateway.kpis(ids) for ids in ([1], [1, 2], [5000, 1])]
    assert all(reply.errors for reply in replies)
    assert not [reply for reply in replies if "hunter2" in everything(reply)]
    assert "hunter2" not in caplog.text


def answers() -> Iterable[tuple[int, str, str]]:
    return ((status, media, body) for status in STATUSES for media in MEDIA for body in BODIES)


def answering(status: int, media: str, body: str) -> httpx.Response:
    headers = {"Content-Type": media, "X-Powered-By": SCANDAL, "Location": SCANDAL, "WWW-Authenticate": SCANDAL}
    return httpx.Response(
        status, headers=headers, content=body.encode(), extensions={"reason_phrase": SCANDAL.encode()}
    )


async def test_whatever_the_upstream_says_a_client_never_reads_it(caplog: pytest.LogCaptureFixture) -> None:
    said = list(answers())
    told = iter(said)
    async with serving(httpx.MockTransport(lambda _: answering(*next(told)))) as gateway:
        for answer in said:
            reply = await gateway.kpis([1])
            assert "hunter2" not in everything(reply), answer
            assert reply.data["customers"] == [{"id": "1", "kpi": None}], answer
    assert "hunter2" not in caplog.text


@pytest.mark.parametrize("status", STATUSES)
async def test_whatever_the_upstream_says_to_a_batch_a_client_never_reads_it(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    answer = answering(status, "application/json", BODIES[2])
    async with serving(httpx.MockTransport(lambda _: answer)) as gateway:
        reply = await gateway.kpis([1, 2])
    assert "hunter2" not in everything(reply)
    assert [customer["kpi"] for customer in reply.data["customers"]] == [None, None]
    assert "hunter2" not in caplog.text


def _failing(*paths: str) -> list[GraphQLError]:
    try:
        _ = 1 / 0
    except ZeroDivisionError as error:
        return [GraphQLError("x", original_error=error, path=[path]) for path in paths]
    raise AssertionError


def test_a_mistake_that_is_told_at_two_places_is_logged_with_its_frames_at_both(
    caplog: pytest.LogCaptureFixture,
) -> None:
    errors = _failing("a", "b")
    assert [told["path"] for told in public_all(errors)] == [["a"], ["b"]]
    assert caplog.text.count("Traceback") == 2
    assert {error.original_error and error.original_error.__traceback__ for error in errors} == {None}


def test_errors_that_caused_each_other_are_told() -> None:
    (error,) = _failing("a")
    cause = error.original_error
    assert cause
    cause.__context__ = other = ValueError("y")
    other.__cause__ = cause
    assert [told["path"] for told in public_all([error])] == [["a"]]

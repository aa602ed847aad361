"""What must be true of every answer and of every call, whatever the weather."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from gateway.errors import Code
from gateway.sandbox import Call, Sandbox, Switches
from gateway.sandbox.kpi import Kpi
from tests.chaos.asking import Answer, Operation, ask
from tests.chaos.callers import SECRETS, TOKENS
from tests.chaos.steps import BAD_IDS, BAD_PERIODS, BLOCK, KNOWN, MOST, PERIODS, UNKNOWN
from tests.chaos.world import CANARY, REQUEST_TIMEOUT, World

MOST_CALLS = 3
_AT_THE_DOOR = {405, 411, 413, 415, 501}  # statuses to calls of which nothing was run
GOOD_PERIODS = range(len(PERIODS) - len(BAD_PERIODS))
_GRACE = 1.0  # seconds for an answer that is ready to arrive


TWENTY = [str(number) for number in range(1, 21)]


async def whole(world: World, operations: int = 3) -> None:
    """Assert that callers who ask for twenty customers at once get them all."""
    asked = [Operation(("anna", "bert", "cleo")[number % 3], TWENTY) for number in range(operations)]
    failed = [each for found in await asyncio.gather(*(failures(world, each) for each in asked)) for each in found]
    assert not failed, failed


async def failures(world: World, operation: Operation) -> list[dict[str, Any]]:
    """Return the errors in the answer, which breaks no invariant."""
    answer = await ask(world, operation)
    complaints = list(broken(world.sandbox, operation, answer))
    assert not complaints, complaints
    errors: list[dict[str, Any]] = answer.body.get("errors", [])
    return errors


def broken(sandbox: Sandbox, operation: Operation, answer: Answer) -> Iterator[str]:
    """Say which invariants an answer breaks."""
    if answer.seconds > REQUEST_TIMEOUT + _GRACE:
        yield f"it took {answer.seconds:.2f} s"
    yield from leaks(answer.said)
    if "data" not in answer.body:
        yield f"refused: {answer.status} {answer.body}"
        return
    errors = {tuple(error["path"]): error for error in answer.body.get("errors", ())}
    if len(errors) < len(answer.body.get("errors", ())):
        yield "two errors at one path"
    if answer.status != (294 if errors else 200):
        yield f"status {answer.status} with {len(errors)} errors"
    for path, place, value in _places(operation, answer.body["data"]["customers"]):
        if complaint := _complaint(sandbox, operation, place, value, errors.pop(path, None)):
            yield f"{operation.caller} at {path} ({place}): {complaint}"
    if errors:
        yield f"errors where nothing was asked: {errors}"


def leaks(text: str) -> Iterator[str]:
    yield from (f"a text leaks: {secret}" for secret in (CANARY, *SECRETS) if secret in text)


def _places(operation: Operation, customers: list[Any]) -> Iterator[tuple[tuple[Any, ...], tuple[str, int], Any]]:
    """Go through all that was asked: path, (id, number of the period), and the value there."""
    for index, (id_, customer) in enumerate(zip(operation.ids, customers, strict=True)):
        if id_ in BAD_IDS:
            yield ("customers", index), (id_, -1), customer
            continue
        yield from ((("customers", index, f"p{each}"), (id_, each), customer[f"p{each}"]) for each in operation.periods)


def _complaint(
    sandbox: Sandbox, operation: Operation, place: tuple[str, int], value: Any, error: dict[str, Any] | None
) -> str | None:
    id_, number = place
    if error:
        return (
            _of_error(sandbox.switches, operation.caller, place, error) if value is None else f"also a value: {value}"
        )
    if number < 0 or PERIODS[number] in BAD_PERIODS:
        return f"{value} for bad input"
    if not is_shown(sandbox.switches, operation.caller, int(id_)):
        return f"{value} is not for this caller to see"
    if value is None and sandbox.switches.fail.get(int(id_)) == 404:
        return None
    swapped = sandbox.switches.fault == "swapped"  # an answer does not say of which period it is
    right = [_expected(sandbox, int(id_), each) for each in (GOOD_PERIODS if swapped else [number])]
    return None if value in right else f"{value} instead of {right}"


def _of_error(switches: Switches, caller: str, place: tuple[str, int], error: dict[str, Any]) -> str | None:
    """Complain of an error that is not typed, or whose code tells of what is not so."""
    code, (id_, number) = error["extensions"]["code"], place
    if code not in set(Code) or code == Code.INTERNAL_SERVER_ERROR or not error["message"]:
        return f"{error}"
    is_bad = number < 0 or PERIODS[number] in BAD_PERIODS
    if is_bad != (code == Code.BAD_USER_INPUT):
        return f"{code} for {'bad' if is_bad else 'good'} input"
    failing = switches.fail.get(0 if is_bad else int(id_))
    if code == Code.FORBIDDEN and failing != 403 and _may_see(switches, caller, int(id_)):
        return "FORBIDDEN for a customer that this caller may see"
    is_refused = not _is_accepted(switches, caller) or 401 in switches.fail.values() or switches.fault == "login-302"
    if code == Code.UNAUTHENTICATED and not is_refused:
        return "UNAUTHENTICATED for a caller who is accepted"
    return None


def is_shown(switches: Switches, caller: str, customer: int) -> bool:
    """Whether the upstream shows the customer to this caller; what it keeps by address it shows to all it accepts."""
    return _is_accepted(switches, caller) and (switches.cache_response or _may_see(switches, caller, customer))


def _is_accepted(switches: Switches, caller: str) -> bool:
    token = TOKENS[caller]
    if switches.auth == "none":
        return bool(token)  # the gateway itself asks for a credential
    return token.startswith("demo") and token not in switches.revoked


def _may_see(switches: Switches, caller: str, customer: int) -> bool:
    token = TOKENS[caller]
    has_role = switches.auth == "none" or token not in switches.roleless
    return has_role and customer not in switches.forbidden.get(token, ())


def _expected(sandbox: Sandbox, customer: int, number: int) -> dict[str, Any] | None:
    first, last = (date.fromisoformat(day) if day else None for day in PERIODS[number])
    kpi = sandbox.customers.kpi(customer, first, last)
    if kpi is None and sandbox.switches.not_found == "zeros-200":
        kpi = Kpi(customer=customer)
    return published(kpi) if kpi else None


def published(kpi: Kpi) -> dict[str, Any]:
    return {
        "boosterCustomerId": kpi.customer,
        "totalTransaction": kpi.transactions,
        "totalSales": kpi.sales,
        "totalReturn": kpi.returns,
        "totalItems": kpi.items,
        "averageBasketAmount": format(kpi.average, "f"),
        "totalSpendingAmount": format(Decimal(repr(kpi.spending)).normalize(), "f"),
        "currencyCode": kpi.currency,
    }


def asked_too_often(calls: Sequence[Call]) -> Iterator[str]:
    """Say which items of a single operation were asked for in more calls than three."""
    counts = Counter(
        item
        for call in calls
        if not (call.kind == "batch" and call.status in _AT_THE_DOOR)
        for item in call.items
        if KNOWN <= item.customer < UNKNOWN + MOST * BLOCK
    )
    yield from (f"{item} was asked for {count} times" for item, count in counts.items() if count > MOST_CALLS)

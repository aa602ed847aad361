"""Whether a JSON body has the members that the service declares: pure, and no value is in what it says."""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum

import msgspec

from gateway.domain import INT32_MAX, CustomerId
from gateway.upstream.findings import Finding, noted, wrong

MOST_NAMED = 10
_NAME = re.compile("[A-Za-z_][A-Za-z0-9_]{0,63}")
_WHOLE = re.compile(b"-?[0-9]+")
_LONGEST = 11  # characters of an Int32
_ID = "boosterCustomerId"


class Kind(StrEnum):
    """The kinds of JSON values, as people call them."""

    WHOLE = "a whole number"
    LARGE = "a whole number beyond 32 bits"
    NUMBER = "a number with a fraction or an exponent"
    TEXT = "text"
    FLAG = "true or false"
    LIST = "a list"
    OBJECT = "an object"
    NULL = "null"


_COUNT = {Kind.WHOLE}
_AMOUNT = {Kind.WHOLE, Kind.LARGE, Kind.NUMBER}

DECLARED: Mapping[str, set[Kind]] = {
    _ID: _COUNT,
    "totalTransaction": _COUNT,
    "totalSales": _COUNT,
    "totalReturn": _COUNT,
    "totalItems": _COUNT,
    "averageBasketAmount": _AMOUNT,
    "totalSpendingAmount": _AMOUNT,
    "currencyCode": {Kind.TEXT, Kind.NULL},
}
MAY_BE_ABSENT = {"currencyCode"}


def deviations(body: bytes, customer: CustomerId) -> Iterator[Finding]:
    """Say how the JSON body of a customer's KPI deviates from what is declared; nothing when it does not."""
    try:
        members = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, ValueError, RecursionError):
        yield wrong("the body is no JSON object")
        return
    values = {name: bytes(value) for name, value in members.items()}
    if absent := missing(values):
        yield wrong(f"missing: {', '.join(absent)}")
    for name, kind in retyped(values).items():
        yield wrong(f"{name} is {kind}, where {_wanted(DECLARED[name])} is declared")
    yield from _unknown(values)
    id_ = values.get(_ID, b"")
    if _kind(id_) is Kind.WHOLE and int(id_) != customer:
        yield wrong(f"{_ID} is not the one that was asked for")


def missing(values: Mapping[str, bytes]) -> list[str]:
    """Return the declared names that an object lacks; its values are JSON's."""
    return [name for name in DECLARED if name not in values and name not in MAY_BE_ABSENT]


def retyped(values: Mapping[str, bytes]) -> dict[str, Kind]:
    """Return the declared names of values of another kind, with that kind."""
    kinds = {name: _kind(values[name]) for name in DECLARED if name in values}
    return {name: kind for name, kind in kinds.items() if kind not in DECLARED[name]}


def unknown(values: Mapping[str, bytes]) -> list[str]:
    """Return the names that are not declared."""
    return [name for name in values if name not in DECLARED]


def _wanted(kinds: set[Kind]) -> str:
    return "a number" if kinds is _AMOUNT else " or ".join(kind for kind in Kind if kind in kinds)


def _unknown(values: Mapping[str, bytes]) -> Iterator[Finding]:
    """Name what was not declared, if it is a name like those of a program, and only so many."""
    undeclared = unknown(values)
    named = [name for name in undeclared if _NAME.fullmatch(name)][:MOST_NAMED]
    if rest := len(undeclared) - len(named):
        named.append(f"{rest} more" if named else f"{rest} with odd names")
    if named:
        yield noted(f"not declared, and ignored: {', '.join(named)}")


def _kind(value: bytes) -> Kind:
    if _WHOLE.fullmatch(value):
        return Kind.WHOLE if len(value) <= _LONGEST and -INT32_MAX - 1 <= int(value) <= INT32_MAX else Kind.LARGE
    return _BY_FIRST.get(value[:1], Kind.NUMBER)


_BY_FIRST = {
    b'"': Kind.TEXT, b"t": Kind.FLAG, b"f": Kind.FLAG, b"[": Kind.LIST, b"{": Kind.OBJECT, b"n": Kind.NULL,
}  # fmt: skip

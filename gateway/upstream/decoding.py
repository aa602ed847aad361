"""A body becomes KPIs, or a breach of contract: strict about types, and the digits of amounts are kept.

A KPI is accepted only for the customer that was asked for. What the service adds to its answers is ignored.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from xml.etree.ElementTree import Element, ParseError

import msgspec
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from gateway.domain import CustomerKpi, KpiKey
from gateway.errors import UpstreamContract
from gateway.upstream.wire import Format

_NUMBER = re.compile(r"-?[0-9]{1,400}(\.[0-9]{1,400})?([eE][+-]?[0-9]{1,3})?")
_INTEGER = re.compile(r"-?[0-9]{1,10}")
_NO_RESULT = (b"null", b"{}")  # how the service writes that an item of a batch had none
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"


class _Wire(msgspec.Struct, rename="camel"):
    """The service's own names and types; an amount stays raw, for its digits are its value."""

    booster_customer_id: int
    total_transaction: int
    total_sales: int
    total_return: int
    total_items: int
    average_basket_amount: msgspec.Raw
    total_spending_amount: msgspec.Raw
    currency_code: str | None = None


def decode_one(body: bytes, form: Format, key: KpiKey) -> CustomerKpi:
    """Read the answer to a single call; UpstreamContract when it is not ``key``'s KPI."""
    with _strictly():
        return _kpi(_json_one(body) if form is Format.JSON else _xml_one(_root(body)), key)


def decode_many(body: bytes, form: Format, keys: Sequence[KpiKey]) -> list[CustomerKpi | None]:
    """Read the answer to a batch: a KPI a key, in the keys' order, or None where the service gave no result.

    UpstreamContract for the whole when anything in it is not what was asked for: then nothing in it can be trusted.
    """
    with _strictly():
        items = _json_many(body) if form is Format.JSON else _xml_many(_root(body))
        return [None if item is None else _kpi(item, key) for item, key in zip(items, keys, strict=True)]


def is_error_body(body: bytes, form: Format) -> bool:
    """Whether this is how the service writes an error: a KPI of zeros, or an object with a response status."""
    return "responsestatus" in _names(body, form) or has_kpi_members(body, form)


def has_kpi_members(body: bytes, form: Format) -> bool:
    """Whether this has the members of a KPI: without a 200 it is how the service writes its own errors."""
    return _names(body, form) >= _KPI


def _names(body: bytes, form: Format) -> set[str]:
    """Return the names of the body's members in lower case; none for what is no object."""
    try:
        with _strictly():
            return _json_names(body) if form is Format.JSON else _xml_names(_root(body))
    except UpstreamContract:
        return set()


@contextmanager
def _strictly() -> Iterator[None]:
    """Make a breach of contract of whatever is wrong with a body; of XML's errors only the name, for they quote it."""
    try:
        yield
    except (ParseError, DefusedXmlException) as breach:
        raise UpstreamContract(type(breach).__name__) from breach
    except (msgspec.DecodeError, ValueError, RecursionError) as breach:
        raise UpstreamContract(f"{type(breach).__name__}: {breach}") from breach


_KPI = {field.encode_name.lower() for field in msgspec.structs.fields(_Wire)} - {"currencycode"}


def _json_names(body: bytes) -> set[str]:
    return {name.lower() for name in msgspec.json.decode(body, type=dict[str, msgspec.Raw])}


def _xml_names(root: Element) -> set[str]:
    return {_name(member).lower() for member in root}


def _kpi(wire: _Wire, key: KpiKey) -> CustomerKpi:
    if wire.booster_customer_id != key.customer:
        raise ValueError("a KPI of another customer")
    return CustomerKpi(
        customer=key.customer,
        total_transaction=wire.total_transaction,
        total_sales=wire.total_sales,
        total_return=wire.total_return,
        total_items=wire.total_items,
        average_basket_amount=_amount(bytes(wire.average_basket_amount).decode()),
        total_spending_amount=_amount(bytes(wire.total_spending_amount).decode()),
        currency_code=wire.currency_code,
    )


def _amount(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise ValueError("an amount that is not a number")
    return Decimal(text)


def _json_one(body: bytes) -> _Wire:
    return msgspec.json.decode(body, type=_Wire)


def _json_many(body: bytes) -> list[_Wire | None]:
    items = (bytes(item) for item in msgspec.json.decode(body, type=list[msgspec.Raw]))
    return [None if item in _NO_RESULT else _json_one(item) for item in items]


def _root(body: bytes) -> Element:
    try:
        root: Element = fromstring(body, forbid_dtd=True)
    except LookupError:
        raise ValueError("an encoding unheard of") from None
    return root


def _xml_many(root: Element) -> list[_Wire | None]:
    if _name(root) != "ArrayOfGetCustomerKpiResponse":
        raise ValueError("not a list of KPIs")
    return [_xml_one(item) if len(item) else None for item in root]


def _xml_one(element: Element) -> _Wire:
    if _name(element) != "GetCustomerKpiResponse":
        raise ValueError("not a KPI")
    members = {_name(member): None if _is_nil(member) else member.text or "" for member in element}
    if len(members) < len(element) or any(len(member) for member in element):
        raise ValueError("a member twice, or one within another")
    return _Wire(
        booster_customer_id=_integer(members, "boosterCustomerId"),
        total_transaction=_integer(members, "totalTransaction"),
        total_sales=_integer(members, "totalSales"),
        total_return=_integer(members, "totalReturn"),
        total_items=_integer(members, "totalItems"),
        average_basket_amount=msgspec.Raw((members.get("averageBasketAmount") or "").encode()),
        total_spending_amount=msgspec.Raw((members.get("totalSpendingAmount") or "").encode()),
        currency_code=members.get("currencyCode"),
    )


def _name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _is_nil(element: Element) -> bool:
    return element.get(_NIL) in {"true", "1"}


def _integer(members: dict[str, str | None], name: str) -> int:
    text = members.get(name)
    if text is None or not _INTEGER.fullmatch(text):
        raise ValueError(f"{name} is not a whole number")
    return int(text)

"""A body becomes KPIs, or a breach of contract: strict about types, and the digits of amounts are kept.

A KPI is accepted only for the customer that was asked for. What the service adds to its answers is ignored. XML is put
into JSON, so that one reader judges both.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from itertools import islice
from operator import attrgetter
from typing import cast
from xml.etree.ElementTree import Element, ParseError

import msgspec
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from gateway.domain import Amount, Currency, CustomerId, CustomerKpi, Int32, KpiKey
from gateway.errors import UpstreamContract
from gateway.upstream.wire import Format

_PLAIN = re.compile(r"-?(?:0|[1-9][0-9]{0,399})(?:\.[0-9]{1,400})?")
_ALL_PLAIN = re.compile(rf"{_PLAIN.pattern}(?: {_PLAIN.pattern})*")
_NUMBER = re.compile(rf"{_PLAIN.pattern}(?:[eE][+-]?[0-9]{{1,3}})?")
_LARGEST_EXPONENT = 400  # a double ends at 1E+308 and begins at 4.9E-324
_NO_RESULT = (b"null", b"{}")  # how the service writes that an item of a batch had none
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"


class _Wire(msgspec.Struct, rename="camel", gc=False):
    """The service's own names and types; an amount stays raw, for its digits are its value."""

    booster_customer_id: CustomerId
    total_transaction: Int32
    total_sales: Int32
    total_return: Int32
    total_items: Int32
    average_basket_amount: msgspec.Raw
    total_spending_amount: msgspec.Raw
    currency_code: Currency | None = None


_WHOSE, _CUSTOMER = attrgetter("booster_customer_id"), attrgetter("customer")
_ONE = msgspec.json.Decoder(_Wire)
_MANY = msgspec.json.Decoder(list[_Wire | None])


def decode_one(body: bytes, form: Format, key: KpiKey) -> CustomerKpi:
    """Read the answer to a single call; UpstreamContract when it is not ``key``'s KPI."""
    with _strictly():
        (kpi,) = _kpis([_ONE.decode(body if form is Format.JSON else _xml_one(_root(body)))], [key])
        return kpi


def decode_many(body: bytes, form: Format, keys: Sequence[KpiKey]) -> list[CustomerKpi | None]:
    """Read the answer to a batch: a KPI a key, in the keys' order, or None where the service gave no result.

    UpstreamContract for the whole when anything in it is not what was asked for: then nothing in it can be trusted.
    """
    with _strictly():
        items = _many(body if form is Format.JSON else _xml_many(_root(body)))
        if None not in items:
            return [*_kpis(cast("list[_Wire]", items), keys)]
        given = [(item, key) for item, key in zip(items, keys, strict=True) if item is not None]
        kpis = iter(_kpis([item for item, _ in given], [key for _, key in given]))
        return [None if item is None else next(kpis) for item in items]


def is_error_body(body: bytes, form: Format) -> bool:
    """Whether this is how the service writes an error: a KPI of zeros, or an object with a response status."""
    return "responsestatus" in _names(body, form) or has_kpi_members(body, form)


def members(body: bytes, form: Format, most: int) -> list[dict[str, bytes]]:
    """Return the members of each KPI in a body, at most so many, as JSON values; none of what cannot be read."""
    try:
        with _strictly():
            items = _json_items(body) if form is Format.JSON else _xml_items(_root(body))
            return [members for item in islice(items, most) if (members := _json_members(item))]
    except UpstreamContract:
        return []


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


_NUMBERS = {field.encode_name for field in msgspec.structs.fields(_Wire)} - {"currencyCode"}
_KPI = {name.lower() for name in _NUMBERS}


def _json_names(body: bytes) -> set[str]:
    return {name.lower() for name in msgspec.json.decode(body, type=dict[str, msgspec.Raw])}


def _json_items(body: bytes) -> Sequence[bytes | msgspec.Raw]:
    return msgspec.json.decode(body, type=list[msgspec.Raw]) if body.lstrip()[:1] == b"[" else [body]


def _json_members(item: bytes | msgspec.Raw) -> dict[str, bytes]:
    members = msgspec.json.decode(item, type=dict[str, msgspec.Raw] | None) or {}
    return {name: bytes(value) for name, value in members.items()}


def _xml_items(root: Element) -> Iterator[bytes]:
    """Write each KPI as JSON: what is declared a number as one, if it is, all else as text."""
    for item in [root] if _name(root) == "GetCustomerKpiResponse" else root:
        texts = {_name(member): None if _is_nil(member) else member.text or "" for member in item}
        yield msgspec.json.encode(
            {
                name: msgspec.Raw(text.encode()) if text and name in _NUMBERS and _NUMBER.fullmatch(text) else text
                for name, text in texts.items()
            }
        )


def _xml_names(root: Element) -> set[str]:
    return {_name(member).lower() for member in root}


def _kpis(items: Sequence[_Wire], keys: Sequence[KpiKey]) -> list[CustomerKpi]:
    if list(map(_WHOSE, items)) != list(map(_CUSTOMER, keys)):
        raise ValueError("a KPI of another customer, or not as many as were asked for")
    averages = _amounts([item.average_basket_amount for item in items])
    spendings = _amounts([item.total_spending_amount for item in items])
    return [
        CustomerKpi(
            item.booster_customer_id,
            item.total_transaction,
            item.total_sales,
            item.total_return,
            item.total_items,
            average,
            spending,
            item.currency_code,
        )
        for item, average, spending in zip(items, averages, spendings, strict=True)
    ]


def _amounts(raw: list[msgspec.Raw]) -> list[Amount]:
    """Return the numbers in plain notation: almost always as they are, which is found out for all of them at once."""
    joined = b" ".join(raw).decode()
    return joined.split(" ") if _ALL_PLAIN.fullmatch(joined) else [_amount(bytes(each).decode()) for each in raw]


def _amount(text: str) -> Amount:
    """Return the number in plain notation; an exponent costs a reader nothing, a writer memory."""
    if _PLAIN.fullmatch(text):
        return text
    if not _NUMBER.fullmatch(text):
        raise ValueError("an amount that is not a number")
    amount = Decimal(text)
    if abs(int(amount.as_tuple().exponent)) > _LARGEST_EXPONENT:
        raise ValueError("an amount that is too long to be written out")
    return format(amount, "f")


def _many(body: bytes) -> list[_Wire | None]:
    try:
        return _MANY.decode(body)
    except msgspec.ValidationError:  # an item without a result may be written as an empty object
        items = (bytes(item) for item in msgspec.json.decode(body, type=list[msgspec.Raw]))
        return [None if item in _NO_RESULT else _ONE.decode(item) for item in items]


def _root(body: bytes) -> Element:
    try:
        root: Element = fromstring(body, forbid_dtd=True)
    except LookupError:
        raise ValueError("an encoding unheard of") from None
    return root


def _xml_many(root: Element) -> bytes:
    if _name(root) != "ArrayOfGetCustomerKpiResponse":
        raise ValueError("not a list of KPIs")
    return b"[%b]" % b",".join(_xml_one(item) if len(item) else b"null" for item in root)


def _xml_one(element: Element) -> bytes:
    """Return the element's members as JSON: what the service declares a number as one."""
    if _name(element) != "GetCustomerKpiResponse":
        raise ValueError("not a KPI")
    members = {_name(member): None if _is_nil(member) else member.text or "" for member in element}
    if len(members) < len(element) or any(len(member) for member in element):
        raise ValueError("a member twice, or one within another")
    return msgspec.json.encode({name: _value(name, text) for name, text in members.items()})


def _value(name: str, text: str | None) -> object:
    if text is None or name not in _NUMBERS:
        return text
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{name} is not a number")
    return msgspec.Raw(text.encode())


def _name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _is_nil(element: Element) -> bool:
    return element.get(_NIL) in {"true", "1"}

"""A body is the KPI that was asked for, digit by digit, or a breach of contract."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain import CustomerId, KpiKey, Partition, Period
from gateway.errors import UpstreamContract
from gateway.upstream.decoding import decode_many, decode_one
from gateway.upstream.wire import NAMESPACE, Format

WIRE = (
    '{"boosterCustomerId":123456,"totalTransaction":12,"totalSales":14,"totalReturn":2,"totalItems":17,'
    '"averageBasketAmount":2150.50,"totalSpendingAmount":25806.1,"currencyCode":"EUR"}'
)
XML = (
    '<?xml version="1.0" encoding="utf-8"?><GetCustomerKpiResponse xmlns:i="http://www.w3.org/2001/XMLSchema-instance" '
    f'xmlns="{NAMESPACE}"><averageBasketAmount>2150.50</averageBasketAmount>'
    "<boosterCustomerId>123456</boosterCustomerId><currencyCode>EUR</currencyCode><totalItems>17</totalItems>"
    "<totalReturn>2</totalReturn><totalSales>14</totalSales><totalSpendingAmount>25806.1</totalSpendingAmount>"
    "<totalTransaction>12</totalTransaction></GetCustomerKpiResponse>"
)


def key(number: int) -> KpiKey:
    return KpiKey(Partition("p"), CustomerId(number), Period(None, None))


KEY = key(123456)
BOTH = pytest.mark.parametrize(("body", "form"), [(WIRE, Format.JSON), (XML, Format.XML)])


@BOTH
def test_every_value_is_the_upstreams(body: str, form: Format) -> None:
    kpi = decode_one(body.encode(), form, KEY)
    counts = (kpi.total_transaction, kpi.total_sales, kpi.total_return, kpi.total_items)
    assert (kpi.customer, counts, kpi.currency_code) == (123456, (12, 14, 2, 17), "EUR")
    assert (kpi.average_basket_amount, kpi.total_spending_amount) == ("2150.50", "25806.1")


AMOUNTS = [
    "0",
    "0.00",
    "-12.30",
    "2150.50",
    "1E+16",
    "1E-05",
    "1.7976931348623157E+308",
    "79228162514264337593543950335",
]


@BOTH
@pytest.mark.parametrize("text", AMOUNTS)
def test_an_amount_keeps_its_digits(body: str, form: Format, text: str) -> None:
    kpi = decode_one(body.replace("2150.50", text).encode(), form, KEY)
    assert kpi.average_basket_amount == format(Decimal(text), "f")


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_each_double_arrives_as_it_was_written(amount: float) -> None:
    kpi = decode_one(WIRE.replace("25806.1", repr(amount)).encode(), Format.JSON, KEY)
    assert kpi.total_spending_amount == format(Decimal(repr(amount)), "f")


@pytest.mark.parametrize("absent", ["", ',"currencyCode":null'])
def test_no_currency_is_none(absent: str) -> None:
    assert decode_one(WIRE.replace(',"currencyCode":"EUR"', absent).encode(), Format.JSON, KEY).currency_code is None


def test_a_nil_currency_is_none() -> None:
    nil = XML.replace("<currencyCode>EUR</currencyCode>", '<currencyCode i:nil="true" />')
    assert decode_one(nil.encode(), Format.XML, KEY).currency_code is None


@BOTH
def test_what_the_service_adds_is_ignored(body: str, form: Format) -> None:
    more = body.replace('{"', '{"__type":"X","new":{"a":[1]},"', 1).replace("<totalItems>", "<new>1</new><totalItems>")
    assert decode_one(more.encode(), form, KEY) == decode_one(body.encode(), form, KEY)


WRONG = [
    ("123456", "123457"),
    ("123456", "0"),
    ("12,", "12.0,"),
    ("12,", "true,"),
    ("12,", '"12",'),
    ("12,", "null,"),
    ("12,", "2147483648,"),
    ("12,", "-2147483649,"),
    ("12,", "012,"),
    ("2150.50", "02150.50"),
    ("2150.50", "2150."),
    ("2150.50", "1E+401"),
    ("2150.50", "1E-401"),
    ("2150.50", "1" * 401),
    ("EUR", "db password hunter2"),
    ("2150.50", '"2150.50"'),
    ("2150.50", "null"),
    ("2150.50", "NaN"),
    ("2150.50", "Infinity"),
    ("2150.50", "{}"),
    ("2150.50", "true"),
    ("2150.50", "1E+999"),
    ("25806.1", "1E99999999"),
    ('"averageBasketAmount":2150.50,', ""),
    ('"EUR"', "7"),
    ('"boosterCustomerId"', '"BoosterCustomerId"'),
    ("}", ""),
    ("{", "[{"),
    (WIRE, "null"),
    (WIRE, "{}"),
    (WIRE, ""),
    (WIRE, "<html>"),
    ("EUR", "\udcff"),
]


@pytest.mark.parametrize(("old", "new"), WRONG)
def test_anything_else_is_a_breach(old: str, new: str) -> None:
    with pytest.raises(UpstreamContract):
        decode_one(WIRE.replace(old, new, 1).encode(errors="surrogateescape"), Format.JSON, KEY)


XML_WRONG = [
    (">123456<", ">123457<"),
    (">12<", ">12.0<"),
    (">12<", "> 12<"),
    (">12<", "><"),
    (">12<", ">\u0661<"),
    (">2150.50<", ">NaN<"),
    (">2150.50<", ">INF<"),
    (">2150.50<", "> 1<"),
    ("<averageBasketAmount>2150.50</averageBasketAmount>", ""),
    ("<totalItems>17</totalItems>", '<totalItems i:nil="true" />'),
    ("<totalItems>17<", "<totalItems>17<x/><"),
    ("<boosterCustomerId>", "<boosterCustomerId>7</boosterCustomerId><boosterCustomerId>"),
    ("</GetCustomerKpiResponse>", ""),
    (XML, "<ErrorResponse/>"),
    (XML, "{}"),
    (XML, ""),
    ("<?xml version=", '<!DOCTYPE x [<!ENTITY e "EUR">]><?xml version='),
    ('encoding="utf-8"?>', 'encoding="utf-8"?><!DOCTYPE x SYSTEM "file:///etc/passwd">'),
    ('encoding="utf-8"?>', 'encoding="utf-8"?><!DOCTYPE x [<!ENTITY e "EUR">]>'),
    ('encoding="utf-8"', 'encoding="nonsense"'),
]


@pytest.mark.parametrize(("old", "new"), XML_WRONG)
def test_any_other_xml_is_a_breach(old: str, new: str) -> None:
    with pytest.raises(UpstreamContract):
        decode_one(XML.replace(old, new, 1).encode(), Format.XML, KEY)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (">EUR<", ">&hunter2;<"),
        ('encoding="utf-8"?>', 'encoding="utf-8"?><!DOCTYPE hunter2 SYSTEM "hunter2">'),
        ('encoding="utf-8"', 'encoding="hunter2"'),
        (">12<", ">hunter2<"),
        ("<totalItems>", "<hunter2>"),
    ],
)
def test_a_breach_does_not_quote_the_body(old: str, new: str) -> None:
    with pytest.raises(UpstreamContract) as breach:
        decode_one(XML.replace(old, new, 1).encode(), Format.XML, KEY)
    assert "hunter2" not in str(breach.value)


@pytest.mark.parametrize(("old", "new"), [(":12,", ':"hunter2",'), ("2150.50", '"hunter2"'), ("{", '{"hunter2":[}')])
def test_a_breach_does_not_quote_the_json(old: str, new: str) -> None:
    with pytest.raises(UpstreamContract) as breach:
        decode_one(WIRE.replace(old, new, 1).encode(), Format.JSON, KEY)
    assert "hunter2" not in str(breach.value)


@given(st.binary(), st.sampled_from(Format))
def test_no_body_is_more_than_a_breach(body: bytes, form: Format) -> None:
    for decode in (lambda: decode_one(body, form, KEY), lambda: decode_many(body, form, [KEY])):
        with pytest.raises(UpstreamContract):
            decode()


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(list(json.loads(WIRE))), JSON_VALUES)
def test_a_retyped_member_is_a_breach_or_the_same_kind_of_value(member: str, value: Any) -> None:
    wire = json.loads(WIRE) | {member: value}
    try:
        kpi = decode_one(json.dumps(wire).encode(), Format.JSON, KEY)
    except UpstreamContract:
        return
    assert kpi.customer == 123456
    assert kpi.currency_code is None or isinstance(kpi.currency_code, str)


def batch(*numbers: int) -> str:
    return "[" + ",".join(WIRE.replace("123456", str(number)) for number in numbers) + "]"


def xml_batch(*numbers: int) -> str:
    inner = "".join(XML.partition("?>")[2].replace("123456", str(number)) for number in numbers)
    return f'<ArrayOfGetCustomerKpiResponse xmlns="{NAMESPACE}">{inner}</ArrayOfGetCustomerKpiResponse>'


@pytest.mark.parametrize(("write", "form"), [(batch, Format.JSON), (xml_batch, Format.XML)])
def test_a_batch_is_in_the_order_that_was_asked_for(write: Any, form: Format) -> None:
    kpis = decode_many(write(3, 1, 2).encode(), form, [key(3), key(1), key(2)])
    assert [kpi.customer for kpi in kpis if kpi] == [3, 1, 2]


@pytest.mark.parametrize(("write", "form"), [(batch, Format.JSON), (xml_batch, Format.XML)])
@pytest.mark.parametrize("numbers", [(1, 3, 2), (1, 2), (1, 2, 3, 4), (1, 1, 3), ()])
def test_a_batch_with_anything_amiss_is_wholly_amiss(write: Any, form: Format, numbers: tuple[int, ...]) -> None:
    with pytest.raises(UpstreamContract):
        decode_many(write(*numbers).encode(), form, [key(1), key(2), key(3)])


@BOTH
def test_a_batch_of_one_bare_object_is_amiss(body: str, form: Format) -> None:
    """A cached service answers a batch in override mode with its first item, and no array."""
    with pytest.raises(UpstreamContract):
        decode_many(body.encode(), form, [KEY])


@pytest.mark.parametrize("nothing", ["null", "{}"])
def test_an_item_without_a_result_is_none(nothing: str) -> None:
    body = batch(1).replace("]", f",{nothing}]")
    kpis = decode_many(body.encode(), Format.JSON, [key(1), key(2)])
    assert [kpi and kpi.customer for kpi in kpis] == [1, None]


def test_an_xml_item_without_a_result_is_none() -> None:
    body = xml_batch(1).replace("</Array", "<GetCustomerKpiResponse/></Array")
    kpis = decode_many(body.encode(), Format.XML, [key(1), key(2)])
    assert [kpi and kpi.customer for kpi in kpis] == [1, None]

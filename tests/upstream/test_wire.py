"""What a call looks like."""

from datetime import date
from xml.etree.ElementTree import Element

import orjson
import pytest
from defusedxml.ElementTree import fromstring

from gateway.domain import CustomerId, KpiKey, Partition, Period
from gateway.upstream import wire
from gateway.upstream.wire import NAMESPACE, Format

JANUARY = Period(date(2022, 1, 1), date(2022, 1, 31))
OPEN = Period(None, None)


def key(number: int, period: Period = OPEN) -> KpiKey:
    return KpiKey(Partition("p"), CustomerId(number), period)


@pytest.mark.parametrize(
    ("period", "params"),
    [
        (OPEN, {}),
        (JANUARY, {"transactionDateFrom": "2022-01-01", "transactionDateTo": "2022-01-31"}),
        (Period(date(2022, 1, 1), None), {"transactionDateFrom": "2022-01-01"}),
        (Period(None, date(987, 1, 1)), {"transactionDateTo": "0987-01-01"}),
    ],
)
def test_a_single_call_names_only_the_days_that_are_given(period: Period, params: dict[str, str]) -> None:
    call = wire.single(key(7, period), Format.JSON)
    assert (call.method, call.path, dict(call.params), call.content) == ("GET", "customer/7/kpi", params, None)


def test_a_batch_has_an_item_a_key() -> None:
    call = wire.batch([key(1, JANUARY), key(2)], Format.JSON, override=False)
    assert (call.method, call.path, call.accept) == ("POST", "json/reply/GetCustomerKpi[]", "application/json")
    assert orjson.loads(call.content or b"") == [
        {"boosterCustomerId": 1, "transactionDateFrom": "2022-01-01", "transactionDateTo": "2022-01-31"},
        {"boosterCustomerId": 2},
    ]
    assert dict(call.headers) == {"Content-Type": "application/json"}
    assert not call.params


def test_an_overridden_batch_has_an_address_of_its_own() -> None:
    calls = [wire.batch([key(1), key(2)], Format.JSON, override=True) for _ in range(2)]
    assert calls[0].params["_"] != calls[1].params["_"]
    assert ("X-Http-Method-Override", "GET") in calls[0].headers


def test_an_xml_batch_has_its_members_in_the_alphabets_order() -> None:
    call = wire.batch([key(1, JANUARY), key(2)], Format.XML, override=False)
    root: Element = fromstring((call.content or b"").decode())
    assert (call.path, call.accept) == ("xml/reply/GetCustomerKpi[]", "application/xml")
    assert root.tag == f"{{{NAMESPACE}}}ArrayOfGetCustomerKpi"
    names = [member.tag.rpartition("}")[2] for member in root[0]]
    assert names == sorted(names) == ["boosterCustomerId", "transactionDateFrom", "transactionDateTo"]
    assert [member.text for member in root[0]] == ["1", "2022-01-01", "2022-01-31"]

"""From a request to its items: strict by URL and form, lenient by JSON body."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.sandbox.binding import bind, lenient, strict
from gateway.sandbox.failures import FieldFault, PipelineError
from gateway.sandbox.formats import Format
from gateway.sandbox.incoming import Incoming
from gateway.sandbox.kpi import KpiRequest
from gateway.sandbox.routing import Target
from tests.sandbox.asking import BATCH, Upstream

DAY = date(2022, 1, 1)
FORM = ("content-type", "application/x-www-form-urlencoded")


def posted(body: bytes, *headers: tuple[str, str], query: tuple[tuple[str, str], ...] = ()) -> Incoming:
    return Incoming("POST", "/json/reply/GetCustomerKpi", "", query, headers, body)


@pytest.mark.parametrize(
    ("query", "bound"),
    [
        ([], KpiRequest(7)),
        ([("boosterCustomerId", "5")], KpiRequest(5)),
        ([("BOOSTERcustomerid", "5")], KpiRequest(5)),
        ([("boosterCustomerId", "")], KpiRequest(7)),
        ([("boosterCustomerId", ""), ("boostercustomerid", "5")], KpiRequest(5)),
        ([("transactionDateFrom", "")], KpiRequest(7)),
        ([("transactionDateFrom", "2022-01-01")], KpiRequest(7, DAY)),
        ([("TransactionDateTo", "20220101")], KpiRequest(7, None, DAY)),
        ([("unknown", "x"), ("jsconfig", "y")], KpiRequest(7)),
    ],
)
def test_the_query_goes_over_the_path_whatever_its_case(query: list[tuple[str, str]], bound: KpiRequest) -> None:
    assert strict(KpiRequest(), [("boosterCustomerId", "7")], query) == bound


@pytest.mark.parametrize(
    ("query", "faults"),
    [
        ([("boosterCustomerId", "abc")], [FieldFault("boosterCustomerId", "abc")]),
        ([("boosterCustomerId", "1.5")], [FieldFault("boosterCustomerId", "1.5")]),
        ([("boosterCustomerId", "2147483648")], [FieldFault("boosterCustomerId", "2147483648")]),
        ([("boosterCustomerId", "1"), ("boosterCustomerId", "2")], [FieldFault("boosterCustomerId", "1,2")]),
        ([("transactiondatefrom", "soon")], [FieldFault("transactionDateFrom", "soon")]),
        (
            [("transactionDateTo", "x"), ("boosterCustomerId", "y")],
            [FieldFault("boosterCustomerId", "y"), FieldFault("transactionDateTo", "x")],
        ),
    ],
)
def test_what_a_url_binds_wrongly_is_a_fault_of_its_field(
    query: list[tuple[str, str]], faults: list[FieldFault]
) -> None:
    with pytest.raises(PipelineError) as refused:
        strict(KpiRequest(), query)
    assert (refused.value.status, list(refused.value.fields)) == (400, faults)


@pytest.mark.parametrize(
    ("members", "bound"),
    [
        ({"boosterCustomerId": "5"}, KpiRequest(5)),
        ({"BOOSTERCUSTOMERID": "5", "transactiondateto": "2022-01-01"}, KpiRequest(5, None, DAY)),
        ({"boosterCustomerId": "abc"}, KpiRequest(0)),
        ({"boosterCustomerId": "1.5"}, KpiRequest(0)),
        ({"boosterCustomerId": "2147483648"}, KpiRequest(0)),
        ({"boosterCustomerId": None}, KpiRequest(0)),
        ({"boosterCustomerId": True}, KpiRequest(0)),
        ({"boosterCustomerId": ["5"]}, KpiRequest(0)),
        ({"boosterCustomerId": "5", "transactionDateFrom": "soon"}, KpiRequest(5)),
        ({"other": "5"}, KpiRequest(0)),
        (None, KpiRequest(0)),
        ("5", KpiRequest(0)),
    ],
)
def test_what_a_body_binds_wrongly_keeps_its_default(members: object, bound: KpiRequest) -> None:
    assert lenient(members) == bound


NAMES = st.sampled_from(["boosterCustomerId", "transactionDateFrom", "TRANSACTIONDATETO", "other"])


@given(st.dictionaries(NAMES, st.none() | st.booleans() | st.text() | st.lists(st.text(), max_size=1)))
def test_lenient_binding_takes_anything(members: object) -> None:
    assert isinstance(lenient(members), KpiRequest)


@given(st.lists(st.tuples(st.sampled_from(["boosterCustomerId", "transactionDateFrom", "x"]), st.text())))
def test_strict_binding_binds_or_refuses(query: list[tuple[str, str]]) -> None:
    try:
        assert isinstance(strict(KpiRequest(), query), KpiRequest)
    except PipelineError as error:
        assert error.fields  # noqa: PT017  # both outcomes are right


@pytest.mark.parametrize(
    ("body", "items"),
    [
        (b"", []),
        (b"[]", []),
        (b'[{"boosterCustomerId":5}]', [KpiRequest(5)]),
        (b'[{"boosterCustomerId":"5"},{"boosterCustomerId":"abc"}]', [KpiRequest(5), KpiRequest(0)]),
        (b"[null,7,{}]", [KpiRequest(), KpiRequest(), KpiRequest()]),
        (b'[{"boosterCustomerId":5.0},{"boosterCustomerId":NaN}]', [KpiRequest(), KpiRequest()]),
        (b'[{"boosterCustomerId":5,"transactionDateFrom":"01/01/2022"}]', [KpiRequest(5, DAY)]),
    ],
)
def test_a_json_array_binds_item_by_item(body: bytes, items: list[KpiRequest]) -> None:
    assert bind(Target("reply", Format.JSON, batch=True), posted(body)) == items


@pytest.mark.parametrize("body", [b"{", b"{}", b"5", b"\xff[]", b"[" * 200_000])
def test_a_body_that_is_no_array_is_refused(body: bytes) -> None:
    with pytest.raises(PipelineError, match="Unable to bind to request 'GetCustomerKpi'"):
        bind(Target("reply", Format.JSON, batch=True), posted(body))


@pytest.mark.parametrize("body", [b"{", b"[]", b"5"])
def test_a_body_that_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(PipelineError, match="Unable to bind"):
        bind(Target("reply", Format.JSON), posted(body))


def test_the_query_goes_over_a_single_body() -> None:
    incoming = posted(b'{"boosterCustomerId":5}', query=(("transactionDateTo", "2022-01-01"),))
    assert bind(Target("reply", Format.JSON), incoming) == [KpiRequest(5, None, DAY)]


def test_a_form_goes_over_the_query_and_is_strict() -> None:
    query = (("boosterCustomerId", "5"),)
    target = Target("api")
    assert bind(target, posted(b"boosterCustomerId=6", FORM, query=query)) == [KpiRequest(6)]
    with pytest.raises(PipelineError):
        bind(target, posted(b"boosterCustomerId=x", FORM))


def test_an_unknown_operation_binds_nothing() -> None:
    assert bind(Target("api", name="Nope"), posted(b"{")) == []


async def test_a_day_past_the_last_one_is_no_day(batching: Upstream) -> None:
    late = "9999-12-31T23:59:59Z"
    assert (await batching.get(f"/customer/1/kpi?transactionDateTo={late}")).status_code == 400
    body = f'[{{"boosterCustomerId":1,"transactionDateTo":"{late}"}}]'.encode()
    assert (await batching.ask("POST", BATCH, body=body)).status_code == 200
    assert batching.sandbox.calls[-1].items == [(1, None, None)]


@pytest.mark.parametrize(("size", "status"), [(30_000_000, 400), (30_000_001, 413)])
async def test_a_body_is_read_as_far_as_asp_net_reads(batching: Upstream, size: int, status: int) -> None:
    answer = await batching.ask("POST", BATCH, body=b"x" * size)
    assert answer.status_code == status
    assert bool(answer.content) == (status == 400)
    assert ("Vary" in answer.headers) == (status == 400)

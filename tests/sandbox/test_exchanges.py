"""The documented exchanges, byte by byte."""

import pytest

from tests.sandbox.asking import BATCH, EXAMPLE, NO_CURRENCY, OVERRIDE, ZEROS, Upstream

XML = "application/xml"
DECLARATION = '<?xml version="1.0" encoding="utf-8"?>'
NAMESPACES = (
    'xmlns:i="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns="http://schemas.datacontract.org/2004/07/Richemont.Booster2.PublicApi.CRM.ServiceModel"'
)
ARRAYS = "http://schemas.microsoft.com/2003/10/Serialization/Arrays"
ERROR_NAMESPACES = 'xmlns:i="http://www.w3.org/2001/XMLSchema-instance" xmlns="http://schemas.servicestack.net/types"'
EXAMPLE_MEMBERS = (
    "<averageBasketAmount>2150.50</averageBasketAmount><boosterCustomerId>123456</boosterCustomerId>"
    "<currencyCode>EUR</currencyCode><totalItems>17</totalItems><totalReturn>2</totalReturn>"
    "<totalSales>14</totalSales><totalSpendingAmount>25806.1</totalSpendingAmount>"
    "<totalTransaction>12</totalTransaction>"
)
ZERO_MEMBERS = (
    "<averageBasketAmount>0</averageBasketAmount><boosterCustomerId>0</boosterCustomerId>"
    '<currencyCode i:nil="true" /><totalItems>0</totalItems><totalReturn>0</totalReturn>'
    "<totalSales>0</totalSales><totalSpendingAmount>0</totalSpendingAmount>"
    "<totalTransaction>0</totalTransaction>"
)
BINDING_JSON = (
    '{"responseStatus":{"errorCode":"SerializationException","message":"Unable to bind to request '
    '\'GetCustomerKpi\'","errors":[{"errorCode":"SerializationException","fieldName":'
    '"boosterCustomerId","message":"\'abc\' is an Invalid value for \'boosterCustomerId\'"}]}}'
)
BINDING_XML = (
    f"{DECLARATION}<ErrorResponse {ERROR_NAMESPACES}><ResponseStatus>"
    "<ErrorCode>SerializationException</ErrorCode>"
    "<Message>Unable to bind to request 'GetCustomerKpi'</Message>"
    '<StackTrace i:nil="true" /><Errors><ResponseError><ErrorCode>SerializationException</ErrorCode>'
    "<FieldName>boosterCustomerId</FieldName>"
    "<Message>'abc' is an Invalid value for 'boosterCustomerId'</Message>"
    f'<Meta i:nil="true" xmlns:d5p1="{ARRAYS}" /></ResponseError></Errors>'
    f'<Meta i:nil="true" xmlns:d3p1="{ARRAYS}" /></ResponseStatus></ErrorResponse>'
)


async def test_success_in_json(upstream: Upstream) -> None:
    answer = await upstream.get("/customer/123456/kpi?transactionDateFrom=2022-01-01&transactionDateTo=2023-11-01")
    assert (answer.status_code, answer.text) == (200, EXAMPLE)
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"


async def test_success_in_xml(upstream: Upstream) -> None:
    answer = await upstream.get(Accept=XML)
    assert (
        answer.text == f"{DECLARATION}<GetCustomerKpiResponse {NAMESPACES}>{EXAMPLE_MEMBERS}</GetCustomerKpiResponse>"
    )
    assert answer.headers["Content-Type"] == XML


async def test_a_null_currency_is_absent_in_json_and_nil_in_xml(upstream: Upstream) -> None:
    assert (await upstream.get("/customer/900002/kpi")).text == NO_CURRENCY
    assert '<currencyCode i:nil="true" />' in (await upstream.get("/customer/900002/kpi.xml")).text


async def test_a_null_result_is_an_empty_204(upstream: Upstream) -> None:
    upstream.set(not_found="204")
    answer = await upstream.get("/customer/999999/kpi")
    assert (answer.status_code, answer.content) == (204, b"")


async def test_batch_success_in_json(upstream: Upstream) -> None:
    answer = await upstream.batch([123456, 900002], **OVERRIDE)
    assert (answer.status_code, answer.text) == (200, f"[{EXAMPLE},{NO_CURRENCY}]")
    assert answer.headers["X-AutoBatch-Completed"] == "2"
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"


async def test_batch_success_in_xml(batching: Upstream) -> None:
    body = (
        f"<ArrayOfGetCustomerKpi {NAMESPACES}><GetCustomerKpi><boosterCustomerId>123456</boosterCustomerId>"
        "</GetCustomerKpi></ArrayOfGetCustomerKpi>"
    )
    answer = await batching.ask("POST", "/xml/reply/GetCustomerKpi[]", body=body.encode())
    assert answer.text == (
        f"{DECLARATION}<ArrayOfGetCustomerKpiResponse {NAMESPACES}><GetCustomerKpiResponse>{EXAMPLE_MEMBERS}"
        "</GetCustomerKpiResponse></ArrayOfGetCustomerKpiResponse>"
    )
    assert answer.headers["X-AutoBatch-Completed"] == "1"


async def test_batch_with_item_1_of_3_not_found(batching: Upstream) -> None:
    answer = await batching.batch([1, 999999, 3])
    assert (answer.status_code, answer.text) == (404, ZEROS)
    assert answer.headers["X-AutoBatch-Completed"] == "1"
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"


async def test_the_same_failure_in_xml(batching: Upstream) -> None:
    answer = await batching.batch([1, 999999, 3], url=f"{BATCH}?format=xml")
    assert answer.text == f"{DECLARATION}<GetCustomerKpiResponse {NAMESPACES}>{ZERO_MEMBERS}</GetCustomerKpiResponse>"


async def test_the_same_failure_where_the_app_adds_a_response_status(batching: Upstream) -> None:
    batching.set(csharp_method="Any", error_body="responseStatus")
    assert (await batching.batch([1, 3002, 3])).text == (
        '{"responseStatus":{"errorCode":"NotFound","message":"Customer 3002 not found","errors":[],'
        '"meta":{"AutoBatchIndex":"1"}}}'
    )


async def test_that_response_status_in_xml(batching: Upstream) -> None:
    batching.set(csharp_method="Any", error_body="responseStatus")
    assert (await batching.batch([3002], url=f"{BATCH}?format=xml")).text == (
        f"{DECLARATION}<ErrorResponse {ERROR_NAMESPACES}><ResponseStatus><ErrorCode>NotFound</ErrorCode>"
        '<Message>Customer 3002 not found</Message><StackTrace i:nil="true" /><Errors />'
        f'<Meta xmlns:d3p1="{ARRAYS}"><d3p1:KeyValueOfstringstring><d3p1:Key>AutoBatchIndex</d3p1:Key>'
        "<d3p1:Value>0</d3p1:Value></d3p1:KeyValueOfstringstring></Meta></ResponseStatus></ErrorResponse>"
    )


@pytest.mark.parametrize(
    ("accept", "content_type", "text"),
    [("application/json", "application/json; charset=utf-8", BINDING_JSON), (XML, XML, BINDING_XML)],
)
async def test_what_cannot_be_bound_is_a_400(upstream: Upstream, accept: str, content_type: str, text: str) -> None:
    answer = await upstream.get("/customer/abc/kpi", Accept=accept)
    assert (answer.status_code, answer.text) == (400, text)
    assert answer.headers["Content-Type"] == content_type


async def test_a_request_is_bound_before_it_is_authenticated(upstream: Upstream) -> None:
    assert (await upstream.get("/customer/abc/kpi", token=None)).status_code == 400


async def test_a_plain_post_batch_on_a_get_only_service_is_a_405(upstream: Upstream) -> None:
    answer = await upstream.batch([1])
    assert answer.status_code == 405
    assert answer.text == (
        '{"responseStatus":{"errorCode":"NotImplementedException","message":"Could not find method named '
        'Post(GetCustomerKpi) or Any(GetCustomerKpi) on Service CustomerKpiService","errors":[]}}'
    )
    assert "X-AutoBatch-Completed" not in answer.headers


async def test_a_500_of_the_service_has_the_zeros(upstream: Upstream) -> None:
    upstream.set(fail={7: 500})
    answer = await upstream.get("/customer/7/kpi")
    assert (answer.status_code, answer.text) == (500, ZEROS)


async def test_debug_mode_adds_a_stack_trace(upstream: Upstream) -> None:
    upstream.set(debug_mode="on")
    assert list((await upstream.get("/customer/abc/kpi")).json()["responseStatus"]) == [
        "errorCode",
        "message",
        "stackTrace",
        "errors",
    ]
    assert "<StackTrace>SerializationException: " in (await upstream.get("/customer/abc/kpi.xml")).text


async def test_pascal_casing_is_of_framework_types_only(batching: Upstream) -> None:
    batching.set(csharp_method="Any", framework_casing="Pascal", error_body="responseStatus")
    assert (await batching.get("/customer/abc/kpi")).text.startswith(
        '{"ResponseStatus":{"ErrorCode":"SerializationException","Message":"Unable'
    )
    assert '"Errors":[{"ErrorCode":' in (await batching.get("/customer/abc/kpi")).text
    assert '"Meta":{"AutoBatchIndex":"0"}' in (await batching.batch([999999])).text
    assert (await batching.get()).text == EXAMPLE

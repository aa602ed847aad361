"""Results in the formats that are neither JSON nor XML, and values that need quoting."""

from decimal import Decimal

import pytest

from gateway.sandbox.answers import of_batch, of_error, of_result
from gateway.sandbox.failures import ServiceError, status_name
from gateway.sandbox.formats import Format
from gateway.sandbox.kpi import Dto, Kpi
from gateway.sandbox.switches import Switches
from tests.sandbox.asking import BATCH, EXAMPLE, Upstream

HEADER = (
    "boosterCustomerId,totalTransaction,totalSales,totalReturn,totalItems,"
    "averageBasketAmount,totalSpendingAmount,currencyCode\r\n"
)
JSV = (
    "{boosterCustomerId:123456,totalTransaction:12,totalSales:14,totalReturn:2,totalItems:17,"
    "averageBasketAmount:2150.50,totalSpendingAmount:25806.1,currencyCode:EUR}"
)
JSV_NO_CURRENCY = (
    "{boosterCustomerId:900002,totalTransaction:1,totalSales:2,totalReturn:0,totalItems:2,"
    "averageBasketAmount:99.90,totalSpendingAmount:99.9}"
)


@pytest.mark.parametrize(
    ("suffix", "text"),
    [
        ("jsv", JSV),
        ("jsonl", f"{EXAMPLE}\n"),
        ("csv", f"{HEADER}123456,12,14,2,17,2150.50,25806.1,EUR\r\n"),
    ],
)
async def test_one_result_in_each_format(upstream: Upstream, suffix: str, text: str) -> None:
    assert (await upstream.get(f"/customer/123456/kpi.{suffix}")).text == text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("jsv", f"[{JSV},{JSV_NO_CURRENCY},null]"),
        ("csv", f"{HEADER}123456,12,14,2,17,2150.50,25806.1,EUR\r\n900002,1,2,0,2,99.90,99.9,\r\n"),
    ],
)
async def test_a_batch_in_each_format(batching: Upstream, name: str, text: str) -> None:
    batching.set(csharp_method="Any", not_found="204")
    assert (await batching.batch([123456, 900002, 3001], url=f"{BATCH}?format={name}")).text == text


async def test_a_batch_in_lines_and_in_html(batching: Upstream) -> None:
    batching.set(csharp_method="Any", not_found="204")
    lines = (await batching.batch([123456, 3001], url=f"{BATCH}?format=jsonl")).text
    assert lines == f"{EXAMPLE}\nnull\n"
    page = (await batching.batch([123456, 3001], url=f"{BATCH}?format=html")).text
    assert page.count("<table>") == 2


@pytest.mark.parametrize(
    ("form", "part"),
    [
        (Format.JSON, '"currencyCode":"a,\\"<b>&"'),
        (Format.XML, '<currencyCode>a,"&lt;b&gt;&amp;</currencyCode>'),
        (Format.HTML, "<td>a,&quot;&lt;b&gt;&amp;</td>"),
        (Format.CSV, ',"a,""<b>&"\r\n'),
        (Format.JSV, 'currencyCode:"a,""<b>&"'),
        (Format.JSONL, '"currencyCode":"a,\\"<b>&"'),
    ],
)
def test_text_is_quoted_as_its_format_wants(form: Format, part: str) -> None:
    dto = Kpi(customer=1, currency='a,"<b>&').dto()
    assert part in of_result(dto, form, Switches()).body.decode()


def test_members_keep_the_order_they_are_declared_in() -> None:
    assert list(Kpi(customer=1).dto()) == HEADER.strip().split(",")


@pytest.mark.parametrize(("form", "zero"), [(Format.JSON, "0.000"), (Format.XML, "0.000"), (Format.CSV, "0.000")])
def test_a_decimal_keeps_its_scale_in_every_format(form: Format, zero: str) -> None:
    dto: Dto = Kpi(customer=1, average=Decimal("0.000")).dto()
    assert zero in of_batch([dto], form, Switches(), completed=1).body.decode()


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (404, "NotFound"),
        (500, "InternalServerError"),
        (409, "Conflict"),
        (203, "NonAuthoritativeInformation"),
        (599, "599"),
    ],
)
def test_a_status_is_named_as_net_names_it(status: int, name: str) -> None:
    assert status_name(status) == name


def test_an_error_in_html_is_a_page() -> None:
    error = ServiceError(404, "NotFound", "Customer <7> not found")
    answer = of_error(error, Format.HTML, Switches(error_body="responseStatus"))
    assert "<h2>NotFound</h2>\n<p>Customer &lt;7&gt; not found</p>" in answer.body.decode()

"""The panel that draws an answer: a row a customer, a bar a figure, periods side by side."""

import csv
import io
from typing import Any

from playwright.sync_api import expect

from gateway.errors import Code
from tests.graphiql.visit import Visit

PERIODS = "before", "after"
MEASURES = "totalTransaction", "totalSpendingAmount"


def rows(answer: Any) -> list[list[str]]:
    """Return what a table of two periods is to hold, a line a customer and period."""
    return [
        [customer["id"], period, *(str(kpi[measure]) for measure in MEASURES), kpi["currencyCode"] or ""]
        for customer in answer["data"]["customers"]
        for period in PERIODS
        for kpi in [customer[period]]
    ]


def test_it_draws_each_customer_with_its_periods_side_by_side(visit: Visit) -> None:
    panel = visit.come().open("KPIs")
    expect(panel).to_contain_text("Run a query")
    answer = visit.run("TwoPeriods")
    expect(panel.locator("tbody tr")).to_have_count(3)
    assert panel.locator(".legend li").all_inner_texts() == [*PERIODS]
    assert panel.locator("thead th").all_inner_texts() == ["Customer", *MEASURES]
    drawn = [[text.strip() for text in cell.locator(".figure").all_inner_texts()] for cell in panel.locator("td").all()]
    lines = rows(answer)
    wanted = [
        [f"{line[column]} {line[4] if column == 3 else ''}".strip() for line in lines[start : start + 2]]
        for start in (0, 2, 4)
        for column in (2, 3)
    ]
    assert drawn == wanted


def test_a_bar_is_as_long_as_its_figure_among_those_of_one_currency(visit: Visit) -> None:
    panel = visit.come().open("KPIs")
    answer = visit.run("Fifty")
    expect(panel.locator("tbody tr")).to_have_count(50)
    kpis = [customer["kpi"] for customer in answer["data"]["customers"]]
    most = max(abs(float(kpi["totalSpendingAmount"])) for kpi in kpis if kpi["currencyCode"] == "EUR")
    bars = panel.locator("tbody tr td:last-child .bar")
    for index, kpi in enumerate(kpis[:10]):
        if kpi["currencyCode"] == "EUR":
            share = abs(float(kpi["totalSpendingAmount"])) / most
            width = bars.nth(index).evaluate("(bar) => parseFloat(bar.style.width) / 100")
            assert abs(width - share) < 0.001


def test_it_copies_as_csv(visit: Visit) -> None:
    visit.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    panel = visit.come().open("KPIs")
    answer = visit.run("TwoPeriods")
    panel.get_by_role("button", name="Copy as CSV").click()
    expect(panel).to_contain_text("Copied.")
    copied = visit.page.evaluate("() => navigator.clipboard.readText()")
    assert [*csv.reader(io.StringIO(copied))] == [["customer", "period", *MEASURES, "currency"], *rows(answer)]


def test_it_says_what_could_not_be_answered_and_draws_the_rest(visit: Visit) -> None:
    panel = visit.come().open("KPIs")
    visit.run("Mistakes")
    expect(panel).to_contain_text(f"Not all of it could be answered: {Code.BAD_USER_INPUT}")
    expect(panel.locator("tbody th")).to_have_text(["1", "2"])


def test_it_follows_from_tab_to_tab(visit: Visit) -> None:
    panel = visit.come().open("KPIs")
    visit.run("TwoPeriods")
    expect(panel.locator("tbody tr")).to_have_count(3)
    visit.run("OneCustomer")
    expect(panel.locator("tbody th")).to_have_text(["123456"])
    visit.page.get_by_role("tab", name="TwoPeriods").click()
    expect(panel.locator("tbody tr")).to_have_count(3)


def test_a_formula_is_text_in_a_spreadsheet(visit: Visit) -> None:
    """An answer that a gateway does not give: whatever is in one, a copy of it runs nothing."""
    visit.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    answer = {"data": {"customer": {"id": '=HYPERLINK("http://x")', "kpi": {"totalTransaction": -1}}}}
    visit.come().page.route("**/graphql", lambda route: route.fulfill(json=answer))
    panel = visit.open("KPIs")
    visit.run()
    panel.get_by_role("button", name="Copy as CSV").click()
    expect(panel).to_contain_text("Copied.")
    copied = visit.page.evaluate("() => navigator.clipboard.readText()")
    assert [*csv.reader(io.StringIO(copied))][1] == ['\'=HYPERLINK("http://x")', "kpi", "-1", ""]

"""GraphiQL's page as its users meet it."""

import re

import pytest
from playwright.sync_api import expect

from gateway import __version__
from gateway.errors import Code
from gateway.sandbox import DEMO_TOKEN
from tests.graphiql.visit import Visit


def test_the_first_query_runs_with_one_click(visit: Visit) -> None:
    answer = visit.come().run()
    assert answer["data"]["customer"]["kpi"]["totalSpendingAmount"] == "25806.1"
    expect(visit.response).to_contain_text("25806.1")


def test_the_page_says_what_it_is_and_where(visit: Visit) -> None:
    heading = visit.come().page.get_by_role("heading", level=1)
    expect(heading).to_have_text(f"Customer KPI gateway {__version__}sandbox")


def test_the_headers_are_open_and_hold_the_credential(visit: Visit) -> None:
    headers = visit.come().page.get_by_role("region", name="Headers")
    expect(headers).to_be_visible()
    expect(headers).to_contain_text(re.compile(rf'"Authorization":\s"Bearer\s{DEMO_TOKEN}"'))


def test_each_tab_teaches_something_that_works(visit: Visit) -> None:
    visit.come()
    for tab, customers in [("Fifty", 50), ("TwoPeriods", 3), ("Variables", 3)]:
        answer = visit.run(tab)
        assert (tab, "errors" in answer, len(answer["data"]["customers"])) == (tab, False, customers)


def test_a_tab_that_comes_back_has_its_credential_which_the_browser_does_not_keep(visit: Visit) -> None:
    visit.come().run()
    kept = visit.page.evaluate("JSON.stringify(localStorage)")
    assert ("OneCustomer" in kept, DEMO_TOKEN in kept) == (True, False)
    assert visit.come().run("TwoPeriods")["data"]["customers"][0]["before"]


def test_a_mistake_shows_its_code_and_what_it_means(visit: Visit) -> None:
    answer = visit.come().run("Mistakes")
    assert {error["extensions"]["code"] for error in answer["errors"]} == {Code.BAD_USER_INPUT}
    visit.response.click()
    visit.page.keyboard.press("Control+End")
    expect(visit.response).to_contain_text(Code.BAD_USER_INPUT)
    codes = visit.open("Error codes")
    assert sorted(codes.locator("dt").all_inner_texts()) == sorted(Code)


def test_completion_offers_the_schema(visit: Visit) -> None:
    visit.come().editor.click()
    visit.page.keyboard.press("Control+A")
    visit.page.keyboard.type("{ customer(id: 1) { ", delay=20)
    visit.page.keyboard.press("Control+Space")
    expect(visit.page.locator(".suggest-widget").get_by_role("option", name=re.compile("^kpi"))).to_be_visible()


def test_the_documentation_tells_of_every_field(visit: Visit) -> None:
    docs = visit.come().open("Documentation Explorer")
    docs.get_by_role("link", name="Query").first.click()
    expect(docs).to_contain_text("customers")
    docs.get_by_role("link", name="Customer", exact=True).first.click()
    expect(docs).to_contain_text("kpi")


def test_the_explorer_adds_a_field_without_typing(visit: Visit) -> None:
    explorer = visit.come().open("GraphiQL Explorer")
    explorer.get_by_text("totalReturn", exact=True).click()
    expect(visit.editor).to_contain_text("totalReturn")
    assert "totalReturn" in visit.run()["data"]["customer"]["kpi"]


def test_the_keyboard_alone_runs_a_query(visit: Visit) -> None:
    visit.come().page.locator(".graphiql-query-editor textarea").focus()
    with visit.page.expect_response("**/graphql") as answer:
        visit.page.keyboard.press("Control+Enter")
    assert answer.value.json()["data"]["customer"]["id"] == "123456"


def test_a_link_brings_its_query(visit: Visit) -> None:
    visit.come("/graphql?query=query%20Shared%20%7B%20customer(id%3A%202)%20%7B%20id%20%7D%20%7D")
    assert visit.run()["data"] == {"customer": {"id": "2"}}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_stands_in_the_way_of_anyone(visit: Visit, scheme: str) -> None:
    visit.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    visit.come().run()
    expect(visit.response).to_contain_text("25806.1")
    assert visit.faults() == []
    for plugin in ("Documentation Explorer", "GraphiQL Explorer", "KPIs", "History", "Error codes"):
        expect(visit.open(plugin)).to_be_visible()
        assert (plugin, visit.faults()) == (plugin, [])


def test_a_first_visit_loads_no_more_than_it_did(visit: Visit) -> None:
    """In bytes on the wire, coded, the first answer included."""
    visit.forget()
    visit.come().run()
    sizes = visit.page.evaluate("performance.getEntriesByType('resource').map((each) => each.transferSize)")
    assert 100_000 < sum(sizes) < 1_600_000

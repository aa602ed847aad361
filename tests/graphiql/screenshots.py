"""The README's pictures of the page: ``python -m tests.graphiql.screenshots`` (`make screenshots`)."""

from pathlib import Path

from playwright.sync_api import expect, sync_playwright

from building.page import build
from tests.graphiql.chromium import launch
from tests.graphiql.visit import Visit
from tests.test_main import running

DOCS = Path(__file__).parent.parent.parent / "docs"


def take() -> None:
    build()
    with (
        running("serve", "--sandbox", until="  -d ", errors=[], port="0") as (address, _),
        sync_playwright() as playwright,
        launch(playwright, address) as browser,
    ):
        visit = Visit(browser.new_page(), address).come()
        visit.open("GraphiQL Explorer")
        visit.run()
        expect(visit.response).to_contain_text("25806.1")
        _take(visit, "graphiql")
        panel = visit.open("KPIs")
        visit.run("TwoPeriods")
        expect(panel.locator("tbody tr")).to_have_count(3)
        _take(visit, "kpis")


def _take(visit: Visit, name: str) -> None:
    visit.page.mouse.move(640, 700)  # over nothing that would tell what it is
    visit.page.wait_for_timeout(1000)  # until what fades has faded
    visit.page.screenshot(path=DOCS / f"{name}.png")


if __name__ == "__main__":
    take()

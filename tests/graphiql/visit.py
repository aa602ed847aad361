"""One visit to the page: what is done there, and what it complained of."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, Request

_PATIENCE = 30_000  # ms, on a machine with much else to do
# Each page finds the storage as on a first visit, and finds later what it left there.
_FORGETS = "if (!sessionStorage.getItem('came')) { localStorage.clear(); sessionStorage.setItem('came', 'yes'); }"
# GraphiQL's own, which no style or setting of ours can mend: a tab's button to close it is inside the tab.
_NOT_OURS = {"nested-interactive"}
_WHERE = {"exclude": [[".monaco-editor"]]}  # the editor's colours are its theme's


class Visit:
    """A page of its own, with nothing kept from another one."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.foreign: list[str] = []
        self._address = address
        page.set_default_timeout(_PATIENCE)
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.context.on("request", self._note)
        page.add_init_script(_FORGETS)

    def _note(self, request: Request) -> None:
        """Note what is asked for elsewhere; it is not found there, for Chromium resolves no other name."""
        if not request.url.startswith((f"{self._address}/", "data:")):
            self.foreign.append(request.url)

    def forget(self) -> None:
        """Have nothing in the browser's cache."""
        self.page.context.new_cdp_session(self.page).send("Network.clearBrowserCache")

    def come(self, path: str = "/") -> "Visit":
        """Load the page, and wait until it can be worked with: its editor is there, and it knows the schema."""
        with self.page.expect_response(lambda answer: "IntrospectionQuery" in (answer.request.post_data or "")):
            self.page.goto(path)
        self.editor.wait_for()
        return self

    @property
    def editor(self) -> Locator:
        return self.page.locator(".graphiql-query-editor .view-lines")

    @property
    def response(self) -> Locator:
        return self.page.locator(".result-window")

    def open(self, plugin: str) -> Locator:
        """Open a panel at the left."""
        self.page.get_by_role("button", name=f"Show {plugin}").click()
        return self.page.locator(".graphiql-plugin")

    def run(self, tab: str | None = None) -> Any:
        """Run what is in a tab by the button; returns the answer to it."""
        if tab is not None:
            self.page.get_by_role("tab", name=tab).click()
        with self.page.expect_response("**/graphql") as answer:
            self.page.get_by_role("button", name="Execute query").click()
        return answer.value.json()

    def faults(self) -> list[tuple[str, list[str]]]:
        """Return what axe takes for a serious or critical fault, and where."""
        found = Axe().run(self.page, context=_WHERE).response["violations"]
        grave = [each for each in found if each["impact"] in {"serious", "critical"} and each["id"] not in _NOT_OURS]
        return [(each["id"], [node["html"] for node in each["nodes"]]) for each in grave]

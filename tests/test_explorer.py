"""GraphiQL: from our own origin, for browsers, and only when it is on."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from gateway import explorer
from gateway.app import create_app
from gateway.codings import Coding
from gateway.sandbox import Sandbox, SandboxTransport
from gateway.settings import Settings
from tests.conftest import PREFLIGHT, Gateway, serving

FOLDER = Path(explorer.__file__).parent / "graphiql"
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.fixture
async def page(sandbox: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(SandboxTransport(sandbox), graphiql=True) as gateway:
        yield gateway.http


@pytest.mark.parametrize("path", ["/", "/graphql", "/graphql?query={__typename}"])
async def test_a_browser_gets_the_page(page: httpx.AsyncClient, path: str) -> None:
    response = await page.get(path, headers=BROWSER)
    assert (response.status_code, response.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "<title>GraphiQL" in response.text


async def test_any_other_client_gets_graphql(page: httpx.AsyncClient) -> None:
    response = await page.get("/graphql", params={"query": "{__typename}"}, headers=PREFLIGHT)
    assert response.json() == {"data": {"__typename": "Query"}}
    response = await page.post("/graphql", json={"query": "{__typename}"}, headers=BROWSER)
    assert response.json() == {"data": {"__typename": "Query"}}


async def test_every_part_of_the_page_is_served(page: httpx.AsyncClient) -> None:
    html = (await page.get("/")).text
    parts = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert len(parts) == 3
    assert [(await page.get(part)).status_code for part in parts] == [200] * 3


@pytest.mark.parametrize("part", sorted(FOLDER.iterdir()))
def test_no_part_of_the_page_names_a_foreign_host(part: Path) -> None:
    addresses = set(re.findall(r"(?:https?:)?//[\w.-]+", part.read_text())) - {"http://www.w3.org"}
    assert not addresses


async def test_the_browser_may_load_nothing_from_elsewhere(page: httpx.AsyncClient) -> None:
    response = await page.get("/graphql", headers=BROWSER)
    assert response.headers["content-security-policy"].startswith("default-src 'self';")
    assert "unsafe" not in response.headers["content-security-policy"]
    assert response.headers["vary"] == "Accept, Accept-Encoding"


@pytest.mark.parametrize("coding", Coding)
@pytest.mark.parametrize("path", ["/", "/graphql", "/graphiql/page.js", "/graphiql/page.css"])
async def test_the_page_and_its_parts_are_coded_as_the_browser_takes_them(
    page: httpx.AsyncClient, path: str, coding: Coding
) -> None:
    plain, coded = [
        await page.get(path, headers=BROWSER | {"Accept-Encoding": accept}) for accept in ("identity", coding)
    ]
    assert ("content-encoding" in plain.headers, coded.headers["content-encoding"]) == (False, coding)
    assert len(plain.content) > int(coded.headers["content-length"])
    differing = {"content-encoding", "content-length", "accept-ranges"}
    assert plain.text == coded.text
    assert {*plain.headers.items()} - {*coded.headers.items()} == {
        item for item in plain.headers.items() if item[0] in differing
    }


async def test_a_part_that_the_browser_has_is_not_sent_again_in_whichever_coding(page: httpx.AsyncClient) -> None:
    had = await page.get("/graphiql/page.js", headers={"Accept-Encoding": "zstd"})
    headers = {"If-None-Match": had.headers["etag"], "Accept-Encoding": "br"}
    again = await page.get("/graphiql/page.js", headers=headers)
    assert (again.status_code, again.content) == (304, b"")
    assert (again.headers["etag"], again.headers["vary"]) == (had.headers["etag"], "Accept-Encoding")


async def test_a_small_part_is_sent_as_it_is(page: httpx.AsyncClient) -> None:
    assert "content-encoding" not in (await page.get("/graphiql/icon.svg")).headers


async def test_the_page_is_told_which_headers_to_begin_with() -> None:
    app = create_app(
        Settings.read(upstream_url="http://upstream.test", graphiql=True), explorer_headers={"Authorization": "x"}
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway.test") as client:
        response = await client.get("/graphiql/start.json")
    assert response.json() == {"headers": {"Authorization": "x"}}


@pytest.mark.parametrize("path", ["/", "/graphiql/page.js", "/graphiql/start.json"])
async def test_off_it_is_not_there(gateway: Gateway, path: str) -> None:
    assert (await gateway.http.get(path, headers=BROWSER)).status_code == 404
    assert (await gateway.http.get("/graphql", headers={"Accept": "text/html"})).status_code == 406

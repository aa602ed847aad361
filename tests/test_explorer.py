"""GraphiQL: from our own origin, for browsers, and only when it is on."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from building import page as built
from gateway import __version__, explorer
from gateway.app import create_app
from gateway.codings import Coding
from gateway.errors import Code
from gateway.sandbox import Sandbox, SandboxTransport
from gateway.settings import Settings
from tests.conftest import PREFLIGHT, Gateway, serving

FOLDER = Path(explorer.__file__).parent / "graphiql" / "dist"
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
IDENTITY = {"Accept-Encoding": "identity"}
OF_A_STANDARD = {"http://www.w3.org"}


@pytest.fixture(scope="module", autouse=True)
def _built() -> None:
    built.build()


@pytest.fixture
async def page(sandbox: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(SandboxTransport(sandbox), graphiql=True) as gateway:
        yield gateway.http


def parts(kind: str) -> list[str]:
    return [f"/graphiql/assets/{path.name}" for path in sorted(FOLDER.glob(f"assets/*.{kind}"))]


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
    assert len(parts) >= 3
    assert {(await page.get(part)).status_code for part in parts} == {200}


async def test_the_page_loads_nothing_from_elsewhere(page: httpx.AsyncClient) -> None:
    html = (await page.get("/")).text
    assert not set(re.findall(r"(?:https?:)?//[\w.-]+", html)) - OF_A_STANDARD
    styles = "".join([(await page.get(part)).text for part in parts("css")])
    assert styles
    assert not [each for each in re.findall(r"url\(([^)]*)\)", styles) if not each.startswith(("/graphiql/", "data:"))]


@pytest.mark.parametrize("path", ["/", "/graphql", "asset"])
async def test_the_browser_may_load_nothing_from_elsewhere(page: httpx.AsyncClient, path: str) -> None:
    """A worker is held to what its own file says."""
    response = await page.get(parts("js")[0] if path == "asset" else path, headers=BROWSER)
    policy = dict(each.strip().split(" ", 1) for each in response.headers["content-security-policy"].split(";"))
    assert policy.pop("style-src") == "'self' 'unsafe-inline'"
    assert policy.pop("img-src") == "'self' data:"
    assert policy.pop("default-src") == "'self'"
    assert policy == dict.fromkeys(("object-src", "base-uri", "form-action", "frame-ancestors"), "'none'")
    assert (response.headers["x-content-type-options"], response.headers["referrer-policy"]) == (
        "nosniff",
        "no-referrer",
    )


@pytest.mark.parametrize("coding", Coding)
@pytest.mark.parametrize("kind", ["js", "css"])
async def test_every_part_is_coded_as_the_browser_takes_it(page: httpx.AsyncClient, kind: str, coding: Coding) -> None:
    for part in parts(kind):
        plain, coded = await page.get(part, headers=IDENTITY), await page.get(part, headers={"Accept-Encoding": coding})
        assert plain.text == coded.text
        assert ("content-encoding" in plain.headers, coded.headers.get("content-encoding")) == (
            False,
            coding if len(plain.content) >= 1000 else None,
        )
        assert int(coded.headers["content-length"]) <= len(plain.content)
        for name in ("content-type", "vary", "cache-control", "content-security-policy"):
            assert plain.headers[name] == coded.headers[name]


async def test_parts_have_their_media_types(page: httpx.AsyncClient) -> None:
    kinds = [(await page.get(parts(kind)[0])).headers["content-type"].split(";")[0] for kind in ("js", "css", "svg")]
    assert kinds == ["text/javascript", "text/css", "image/svg+xml"]


async def test_what_has_a_hash_in_its_name_is_kept_for_ever_and_the_page_is_asked_for(page: httpx.AsyncClient) -> None:
    assert (await page.get(parts("js")[0])).headers["cache-control"] == "public, max-age=31536000, immutable"
    for path in ("/", "/graphql"):
        response = await page.get(path, headers=BROWSER)
        assert (response.headers["cache-control"], response.headers["vary"]) == ("no-cache", "Accept, Accept-Encoding")


async def test_what_the_browser_has_is_not_sent_again(page: httpx.AsyncClient) -> None:
    for path in ("/", max(parts("js"))):
        had = await page.get(path, headers={"Accept-Encoding": "br"})
        again = await page.get(path, headers={"Accept-Encoding": "br", "If-None-Match": had.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        for name in ("etag", "vary", "cache-control"):
            assert again.headers[name] == had.headers[name]


async def test_codings_of_a_part_are_told_apart(page: httpx.AsyncClient) -> None:
    tags = {(await page.get(parts("js")[0], headers={"Accept-Encoding": it})).headers["etag"] for it in Coding}
    assert len(tags) == len(Coding)


async def test_a_part_that_is_not_there_is_not_kept(page: httpx.AsyncClient) -> None:
    for path in ("/graphiql/assets/gone-12345678.js", "/graphiql/../app.py", "/graphiql/%2e%2e/index.html"):
        response = await page.get(path)
        assert (response.status_code, response.headers.get("cache-control")) == (404, None)


async def test_a_part_is_sent_as_it_is_where_it_lies_in_no_other_coding(page: httpx.AsyncClient) -> None:
    coded = f"{parts('js')[0]}.br"
    response = await page.get(coded, headers={"Accept-Encoding": "br"})
    assert (response.status_code, "content-encoding" in response.headers) == (200, False)


def client(app: Starlette) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway.test")


async def test_the_page_is_told_where_it_runs_and_which_headers_to_begin_with() -> None:
    settings = Settings.read(upstream_url="http://upstream.test", graphiql=True)
    async with client(create_app(settings, explorer_headers={"Authorization": "x"})) as sandboxed:
        told = (await sandboxed.get("/graphiql/start.json")).json()
    assert (told["version"], told["environment"], told["headers"]) == (__version__, "sandbox", {"Authorization": "x"})
    async with client(create_app(settings)) as real:
        response = await real.get("/graphiql/start.json")
    assert (response.json()["environment"], response.json()["headers"]) == ("", {})
    assert response.headers["cache-control"] == "no-store"


async def test_the_page_is_told_every_code(page: httpx.AsyncClient) -> None:
    codes = (await page.get("/graphiql/start.json")).json()["codes"]
    assert [each["code"] for each in codes if each["meaning"] and each["again"]] == [each["code"] for each in codes]
    assert sorted(each["code"] for each in codes) == sorted(Code)


async def test_a_page_that_was_not_built_says_how_to_build_it(tmp_path: Path) -> None:
    app = Starlette(routes=explorer.routes({}, tmp_path / "not there"))
    async with client(app) as unbuilt:
        response = await unbuilt.get("/", headers=BROWSER)
    assert (response.status_code, response.headers["cache-control"]) == (503, "no-store")
    assert "make setup" in response.text


def test_the_bundle_is_no_larger_than_it_was() -> None:
    """In bytes: all of it, and all of it as brotli. What a first visit loads is in tests/graphiql."""
    files = [path for path in FOLDER.rglob("*.*") if path.suffix[1:] not in {*Coding}]
    coded = list(FOLDER.rglob("*.br"))
    assert sum(path.stat().st_size for path in files) < 7_500_000
    assert sum(path.stat().st_size for path in coded) < 1_800_000


async def test_the_licences_of_what_is_bundled_come_with_it(page: httpx.AsyncClient) -> None:
    told = (await page.get("/graphiql/licenses.md")).text
    named = set(re.findall(r"^## (\S+) - ", told, re.MULTILINE))
    assert {*json.loads((built.SOURCES / "package.json").read_text())["dependencies"]} <= named


@pytest.mark.parametrize("path", ["/", "/graphiql/index.html", "/graphiql/start.json"])
async def test_off_it_is_not_there(gateway: Gateway, path: str) -> None:
    assert (await gateway.http.get(path, headers=BROWSER)).status_code == 404
    assert (await gateway.http.get("/graphql", headers={"Accept": "text/html"})).status_code == 406

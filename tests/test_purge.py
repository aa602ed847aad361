"""`python -m gateway purge`: what it deletes, what it leaves, and what it says."""

import asyncio
from collections.abc import Iterator

import pytest

from gateway.__main__ import main
from gateway.sandbox import Sandbox
from tests.cache.valkey import Valkey, running
from tests.caching import EARLIER, ask
from tests.conftest import items
from tests.together import SECRET, fetched, seen, settled, sharing

pytestmark = pytest.mark.real_time


@pytest.fixture
def valkey() -> Iterator[Valkey]:
    with running() as valkey:
        yield valkey


class Purge:
    """The command as a person meets it, with settings from the environment."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def set(self, **settings: str) -> None:
        for name, value in settings.items():
            self._monkeypatch.setenv(f"GATEWAY_{name.upper()}", value)

    def run(self, *arguments: str) -> tuple[int, str]:
        """Return the exit status, and all that was printed."""
        try:
            status = main(["purge", *arguments])
        except SystemExit as stop:
            status = int(str(stop.code))
        printed = self._capsys.readouterr()
        return status, printed.out + printed.err

    async def beside(self, *arguments: str) -> tuple[int, str]:
        return await asyncio.to_thread(self.run, *arguments)


@pytest.fixture
def purge(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Purge:
    purge = Purge(monkeypatch, capsys)
    purge.set(upstream_url="http://upstream.test")
    return purge


@pytest.fixture
def shared(purge: Purge, valkey: Valkey) -> Purge:
    purge.set(cache_url=valkey.url, cache_secret=SECRET)
    return purge


def deleted(count: int) -> str:
    return f"{count} entries deleted; each gateway forgets them within 2 seconds.\n"


async def test_all_of_one_upstream_is_deleted_and_nothing_of_another(
    shared: Purge, valkey: Valkey, sandbox: Sandbox
) -> None:
    elsewhere = {"upstream_url": "http://other.test"}
    async with sharing(valkey, sandbox) as gateway, sharing(valkey, sandbox, **elsewhere) as other:
        for each in (gateway, other):
            await fetched(each, valkey, 1, 2)
    assert await shared.beside() == (0, deleted(2))
    async with sharing(valkey, sandbox) as gateway, sharing(valkey, sandbox, **elsewhere) as other:
        assert await seen(gateway, 1, 2) == ["LIVE"] * 2
        assert await seen(other, 1, 2) == ["CACHED"] * 2


async def test_all_of_one_customer_is_deleted_and_nothing_of_another(
    shared: Purge, valkey: Valkey, sandbox: Sandbox
) -> None:
    async with sharing(valkey, sandbox) as gateway:
        await ask(gateway, 1, 11, 21, period=EARLIER)
        await fetched(gateway, valkey, 1, 11, 21, token="demo-2")
    assert await shared.beside("--customer", "1") == (0, deleted(2))
    async with sharing(valkey, sandbox) as gateway:
        assert await seen(gateway, 1, 11, 21, token="demo-2") == ["LIVE", "CACHED", "CACHED"]


async def test_a_gateway_that_runs_asks_again_in_seconds(shared: Purge, valkey: Valkey, sandbox: Sandbox) -> None:
    async with sharing(valkey, sandbox) as gateway:
        await fetched(gateway, valkey, 1, 2)
        assert (await shared.beside())[0] == 0
        assert await settled(lambda: seen(gateway, 1, 2), ["LIVE"] * 2) == ["LIVE"] * 2
    assert items(sandbox.calls) == 4


async def test_thousands_are_deleted_whatever_version_wrote_them(
    shared: Purge, valkey: Valkey, sandbox: Sandbox
) -> None:
    async with sharing(valkey, sandbox) as gateway:
        await fetched(gateway, valkey, 1)
    start = next(valkey.inside.scan_iter("*/*")).decode()
    prefix, _, rest = start.split(":", 2)
    valkey.inside.mset({f"{prefix}:{number % 3}:{rest}{number}": b"old" for number in range(2500)})
    assert await shared.beside() == (0, deleted(2501))
    assert list(valkey.inside.scan_iter("*/*")) == []


def test_of_an_empty_cache_nothing_is_deleted(shared: Purge) -> None:
    assert shared.run() == (0, deleted(0))


@pytest.mark.parametrize("url", ["memory://", "none://"])
def test_without_a_shared_cache_there_is_nothing_to_purge(purge: Purge, url: str) -> None:
    purge.set(cache_url=url)
    status, printed = purge.run()
    assert (status, printed.split(":")[0]) == (2, "GATEWAY_CACHE_URL names no shared cache")


def test_without_an_upstream_it_cannot_be_told_whose_values_to_purge(
    shared: Purge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GATEWAY_UPSTREAM_URL")
    status, printed = shared.run()
    assert (status, printed.split(":")[0]) == (2, "GATEWAY_UPSTREAM_URL is not set")


@pytest.mark.parametrize("id_", ["0", "007", "x", "*", "2147483648"])
def test_what_is_no_customer_is_refused(shared: Purge, id_: str) -> None:
    status, printed = shared.run("--customer", id_)
    assert status == 2
    assert "is not a customer id" in printed


@pytest.mark.parametrize(
    "address",
    [
        "redis://:hunter2@localhost:notaport",
        "redis://:hunter2@localhost:99999",
        "redis://:hunter2@[::1",
        "redis://:hunter2@localhost?socket_timeout=hunter2",
        "redis://:hunter2@localhost?hunter2=1",
        "rediss://:hunter2@localhost?ssl_cert_reqs=hunter2",
        "valkey://:hunter2@localhost",
    ],
)
def test_an_address_that_cannot_be_used_is_one_line_that_does_not_show_it(purge: Purge, address: str) -> None:
    purge.set(cache_url=address, cache_secret=SECRET)
    status, printed = purge.run()
    assert (status, printed.count("\n")) == (2, 1)
    assert printed.startswith("GATEWAY_CACHE_URL ")
    assert "hunter2" not in printed


def test_a_server_that_is_away_refuses_or_stands_still_is_said_without_its_password(
    shared: Purge, valkey: Valkey
) -> None:
    told = []
    for user, happens in (("gateway", valkey.start), ("default", valkey.pause), ("default", valkey.stop)):
        happens()
        shared.set(cache_url=valkey.url.replace("//", f"//{user}:hunter2@"))
        told.append(shared.run())
    assert [status for status, _ in told] == [1] * 3
    assert {printed.split(":")[0] for _, printed in told} == {"the shared cache cannot be purged"}
    assert "hunter2" not in str(told)

"""What is refused to one gateway reaches the others, whatever befalls the server that they share in the meantime."""

import asyncio
from collections.abc import Iterator

import pytest

from gateway.sandbox import Sandbox, SandboxTransport, Switches, create_sandbox
from tests.cache.valkey import Valkey, running
from tests.caching import EARLIER, OPEN, ask
from tests.conftest import serving
from tests.together import SECRET, fetched, seen, settled, sharing
from tests.upstream.sockets import listening

pytestmark = pytest.mark.real_time

REFUSALS = [({"forbidden": "demo=1"}, "FORBIDDEN"), ({"revoked": "demo"}, "UNAUTHENTICATED")]


@pytest.fixture
def valkey() -> Iterator[Valkey]:
    with running() as valkey:
        yield valkey


def change(sandbox: Sandbox, **switches: object) -> None:
    sandbox.switches = sandbox.switches.changed(switches)


@pytest.mark.parametrize(("refusal", "code"), REFUSALS)
async def test_what_was_refused_while_the_server_could_not_be_read_stays_refused(
    valkey: Valkey, sandbox: Sandbox, refusal: dict[str, str], code: str
) -> None:
    async with sharing(valkey, sandbox) as one:
        await fetched(one, valkey, 1, 2)
        change(sandbox, **refusal)
        valkey.pause()
        async with sharing(valkey, sandbox) as fresh:
            assert await seen(fresh, 1) == [code]
            await asyncio.sleep(1.2)
            valkey.resume()
            await asyncio.sleep(1)
            assert await seen(fresh, 1) == [code]
        assert await settled(lambda: seen(one, 1), [code]) == [code]


async def test_a_refusal_while_the_server_is_away_reaches_the_others_when_it_is_back(
    valkey: Valkey, sandbox: Sandbox
) -> None:
    async with sharing(valkey, sandbox) as one, sharing(valkey, sandbox) as other:
        await fetched(one, valkey, 1, 2)
        assert await seen(other, 1, 2) == ["CACHED"] * 2
        change(sandbox, forbidden="demo=1")
        valkey.pause()
        assert await seen(one, 1, period=EARLIER) == ["FORBIDDEN"]
        await asyncio.sleep(1.2)
        valkey.resume()
        assert await settled(lambda: seen(other, 1, 2), ["FORBIDDEN", "CACHED"]) == ["FORBIDDEN", "CACHED"]


async def test_a_refusal_while_the_server_is_full_reaches_the_others_when_it_has_room(
    valkey: Valkey, sandbox: Sandbox
) -> None:
    async with sharing(valkey, sandbox) as one, sharing(valkey, sandbox) as other:
        await fetched(one, valkey, 1, 2)
        assert await seen(other, 1, 2) == ["CACHED"] * 2
        change(sandbox, forbidden="demo=1")
        valkey.inside.config_set("maxmemory", 1)
        assert await seen(one, 1, period=EARLIER) == ["FORBIDDEN"]
        await asyncio.sleep(1)
        valkey.inside.config_set("maxmemory", 0)
        assert await settled(lambda: seen(other, 1, 2), ["FORBIDDEN", "CACHED"]) == ["FORBIDDEN", "CACHED"]


async def test_a_late_answer_to_one_gateway_does_not_undo_a_401_to_another(valkey: Valkey, sandbox: Sandbox) -> None:
    slow = create_sandbox(Switches(csharp_method="Any", latency_call=1.0))
    async with sharing(valkey, sandbox) as one, sharing(valkey, slow) as other, sharing(valkey, sandbox) as third:
        await fetched(one, valkey, 1, 2)
        assert await seen(third, 1, 2) == ["CACHED"] * 2
        late = asyncio.create_task(seen(other, 3))  # asked before the revocation, answered after it
        await asyncio.sleep(0.3)
        change(sandbox, revoked="demo")
        assert await seen(one, 4) == ["UNAUTHENTICATED"]
        assert await late == ["LIVE"]
        assert await settled(lambda: seen(third, 1, 2), ["UNAUTHENTICATED"] * 2) == ["UNAUTHENTICATED"] * 2


async def test_gateways_with_different_credentials_of_their_own_share_nothing(valkey: Valkey, sandbox: Sandbox) -> None:
    own = {
        "upstream_auth": "bearer", "allow_anonymous": True, "cache_url": valkey.url, "cache_secret": SECRET,
    }  # fmt: skip
    change(sandbox, roleless="demo-2")
    async with (
        serving(SandboxTransport(sandbox), upstream_token="demo-1", **own) as one,
        serving(SandboxTransport(sandbox), upstream_token="demo-1", **own) as same,
        serving(SandboxTransport(sandbox), upstream_token="demo-2", **own) as other,
    ):
        await fetched(one, valkey, 1)
        assert (await seen(same, 1), await seen(other, 1)) == (["CACHED"], ["FORBIDDEN"])


async def test_a_stand_in_survives_a_server_that_lost_everything(valkey: Valkey, sandbox: Sandbox) -> None:
    async with sharing(valkey, sandbox, cache_ttl=1) as one:
        await ask(one, 1, period=OPEN)
        await asyncio.sleep(1.1)
        change(sandbox, fault="503")
        valkey.stop()
        valkey.start()
        for _ in range(5):
            assert await seen(one, 1, period=OPEN) == ["STALE"]
            await asyncio.sleep(0.7)


async def _talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, mget: bytes) -> None:
    """Answer every MGET alike, and everything else with OK."""
    while line := await reader.readline():
        words = []
        for _ in range(int(line[1:])):
            size = int((await reader.readline())[1:])
            words.append((await reader.readexactly(size + 2))[:-2])
        writer.write(mget if words[0].upper() == b"MGET" else b"+OK\r\n")
        await writer.drain()


@pytest.mark.parametrize(
    "mget",
    [b"*1\r\n$-1\r\n", b"+OK\r\n", b":1\r\n", b"*4\r\n:1\r\n:2\r\n:3\r\n:4\r\n", b"*4\r\n*0\r\n*0\r\n*0\r\n*0\r\n"],
)
async def test_an_answer_to_another_question_fails_no_query(sandbox: Sandbox, mget: bytes) -> None:
    async with (
        listening(lambda reader, writer: _talk(reader, writer, mget)) as url,
        serving(SandboxTransport(sandbox), cache_url=url.replace("http", "redis"), cache_secret=SECRET) as gateway,
    ):
        assert [await seen(gateway, 1) for _ in range(2)] == [["LIVE"], ["CACHED"]]

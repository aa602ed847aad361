"""No one ever sees through another's credential, nor through one that is refused: six hundred operations at random."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

import httpx
import pytest

from gateway.sandbox import Sandbox
from tests.cache.valkey import running
from tests.conftest import serving
from tests.marked import Marked
from tests.mixing import CUSTOMERS, Sight, mixed
from tests.processes import process
from tests.served import served

REFUSED, NEVER_SHOWN = "demo-4", {"demo-3": CUSTOMERS[:3]}
SECRET = "all of these gateways know this secret"


@dataclass
class Upstream:
    """Fails some calls, and refuses a caller in one way and then in another, while it is asked.

    Of what was kept before, that caller may see some for so many seconds more: ``vouched``.
    """

    sandbox: Sandbox
    vouched: float
    outage: int | None
    refusals: dict[str, tuple[float, float]] = field(default_factory=dict)

    def turns(self) -> Mapping[int, Callable[[], None]]:
        return {
            0: lambda: self._change(forbidden=NEVER_SHOWN, latency_call=0.01),
            60: lambda: self._change(csharp_method="Get"),
            120: lambda: self._change(fault="503", fault_calls=self.outage),
            150: lambda: self._change(fault="none"),
            200: lambda: self._refuse("UNAUTHENTICATED", revoked=REFUSED),
            380: self._accept,
            450: lambda: self._refuse("FORBIDDEN", forbidden=NEVER_SHOWN | {REFUSED: CUSTOMERS}),
        }

    def complaints(self, sights: Sequence[Sight]) -> Iterator[Sight]:
        for sight in sights:
            is_hidden = sight.customer in NEVER_SHOWN.get(sight.caller, ())
            if sight.is_of_another or (sight.figure is not None and (is_hidden or self._refusal(sight))):
                yield sight

    def said_to_the_refused(self, sights: Sequence[Sight]) -> set[tuple[str, str | None]]:
        return {(refusal, sight.said) for sight in sights if (refusal := self._refusal(sight))}

    def _refusal(self, sight: Sight) -> str | None:
        """Return the code that is all that may be seen."""
        for code, (since, until) in self.refusals.items():
            if sight.caller == REFUSED and since + self.vouched < sight.began and sight.ended < until:
                return code
        return None

    def _refuse(self, code: str, **switches: object) -> None:
        self._change(**switches)
        self.refusals[code] = (asyncio.get_running_loop().time(), inf)

    def _accept(self) -> None:
        self.refusals = {code: (since, asyncio.get_running_loop().time()) for code, (since, _) in self.refusals.items()}
        self._change(revoked="none")

    def _change(self, **switches: object) -> None:
        self.sandbox.switches = self.sandbox.switches.changed(switches)


def expect_isolation(upstream: Upstream, sights: Sequence[Sight], *freshness: str) -> None:
    assert list(upstream.complaints(sights)) == []
    assert upstream.said_to_the_refused(sights) == {(code, code) for code in upstream.refusals}
    assert set(freshness) < {sight.said for sight in sights}


async def test_of_a_gateways_memory_nobody_sees_what_is_anothers_or_refused(sandbox: Sandbox) -> None:
    upstream, caching = (
        Upstream(sandbox, vouched=4, outage=None),
        {"cache_vouched": 4, "cache_stale": 12, "cache_ttl": 3},
    )
    async with serving(httpx.MockTransport(Marked(sandbox)), cache_url="memory://", **caching) as gateway:
        sights = await mixed([gateway], seconds=90, turns=upstream.turns())
    expect_isolation(upstream, sights, "LIVE", "CACHED", "STALE")


@pytest.fixture(scope="module")
def quick() -> Iterator[dict[str, str]]:
    """Return the settings of gateways that share what they keep, and soon ask whether it may be shown."""
    with running() as valkey:
        lives = {"cache_vouched": "0.4", "cache_stale": "0.4", "cache_ttl": "0.5"}
        yield {"cache_url": valkey.url, "cache_secret": SECRET, **lives}


@pytest.mark.real_time
async def test_of_what_two_gateways_share_nobody_sees_what_is_anothers_or_refused(
    sandbox: Sandbox, quick: Mapping[str, str]
) -> None:
    upstream, transport = Upstream(sandbox, vouched=0.4, outage=4), httpx.MockTransport(Marked(sandbox))
    async with serving(transport, **quick) as one, serving(transport, **quick) as another:
        sights = await mixed([one, another], seconds=3, turns=upstream.turns())
    expect_isolation(upstream, sights, "LIVE", "CACHED")


@pytest.mark.real_time
async def test_of_what_two_processes_share_nobody_sees_what_is_anothers_or_refused(
    sandbox: Sandbox, quick: Mapping[str, str]
) -> None:
    upstream, log = Upstream(sandbox, vouched=0.4, outage=4), list[str]()
    async with (
        served(Marked(sandbox).app()) as (address, _),
        process(log, upstream_url=address, **quick) as one,
        process(log, upstream_url=address, **quick) as another,
    ):
        sights = await mixed([one, another], seconds=3, turns=upstream.turns())
    expect_isolation(upstream, sights, "LIVE", "CACHED")
    assert "demo-" not in "".join(log)

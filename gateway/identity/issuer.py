"""The keys of the callers' issuer: fetched behind the requests, renewed, and kept while they cannot be fetched."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from math import ceil

from gateway.identity.keys import Keys, UnusableKeysError

EVERY = 600.0  # seconds from one renewal to the next
FLOOR = 30.0  # seconds from one fetch to the next that a token may cause, and after one that failed
FIRST = 1.0  # seconds until the second try, while there are no keys yet; doubled up to the floor
PATIENCE = 3.0  # seconds that a request waits for a fetch
KEPT = 86_400.0  # seconds that keys count without one fetch that succeeded
Told = Callable[[str], None]
"""Hears how each fetch ended: ``ok`` or ``failed``."""

_log = logging.getLogger(__name__)


class Issuer:
    """Has the keys of the last fetch that succeeded; ``keys`` is another object only when others are published.

    ``fetch`` ends by itself, with an UnusableKeysError when it has no keys.
    """

    def __init__(self, fetch: Callable[[], Awaitable[Keys]], told: Told = lambda _: None) -> None:
        self._fetch = fetch
        self._told = told
        self.keys = Keys()
        self._began = self._confirmed = float("-inf")  # when the last fetch did; the last that succeeded
        self._is_latest = False  # the last fetch succeeded
        self._next = 0.0  # when there will be another in any case
        self._fetching: asyncio.Task[None] | None = None
        self._watching: asyncio.Task[None] | None = None

    @property
    def has_keys(self) -> bool:
        """Whether callers can be told apart at all."""
        return bool(self.keys)

    def amiss(self) -> str | None:
        """Say in a fixed sentence why nobody can be let in; None while callers can."""
        return None if self.has_keys else "there are no keys of GATEWAY_JWKS_URL to verify callers' tokens with"

    @property
    def retry_after(self) -> int:
        """Seconds until keys may be fetched again."""
        return max(1, ceil(min(self._next, self._began + FLOOR) - _now()))

    def watch(self) -> None:
        """Begin to fetch the keys, now and again."""
        self._watching = asyncio.create_task(self._watch())

    async def aclose(self) -> None:
        tasks = [task for task in (self._watching, self._fetching) if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def renewed(self) -> bool:
        """Wait, for so long as is bearable, for a fetch, if one may begin; returns whether the keys are the latest.

        However many ask for it at once, it is one fetch.
        """
        if self._fetching or _now() >= self._began + FLOOR:
            await asyncio.wait([self._fetch_once()], timeout=PATIENCE)
        return self._is_latest

    async def _watch(self) -> None:
        pause = FIRST
        while True:
            await asyncio.wait([self._fetch_once()])
            if self.has_keys:
                wait, pause = EVERY if self._is_latest else FLOOR, FIRST
            else:
                wait, pause = pause, min(2 * pause, FLOOR)
            self._next = _now() + wait
            await asyncio.sleep(wait)

    def _fetch_once(self) -> asyncio.Task[None]:
        """Return the fetch that is under way, or begin one."""
        if self._fetching is None:
            self._began, self._is_latest = _now(), False
            self._fetching = asyncio.create_task(self._renew())
        return self._fetching

    async def _renew(self) -> None:
        try:
            fetched = await self._fetch()
        except UnusableKeysError as error:
            self._failed(str(error))
        except Exception:  # noqa: BLE001  # whatever it is, it must not be the last fetch
            _log.exception("the keys of GATEWAY_JWKS_URL were not fetched")
            self._failed("a fault of the gateway's own")
        else:
            self._take(fetched)
        finally:
            self._fetching = None

    def _take(self, fetched: Keys) -> None:
        self._confirmed, self._is_latest = self._began, True
        if fetched.published != self.keys.published:
            self.keys = fetched
            _log.info("the keys of GATEWAY_JWKS_URL: %d of them verify tokens", len(fetched.published))
        self._told("ok")

    def _failed(self, why: str) -> None:
        if self.has_keys and _now() >= self._confirmed + KEPT:
            self.keys = Keys()
        _log.error("the keys of GATEWAY_JWKS_URL: %s; %s", why, "the last go on" if self.has_keys else "there are none")
        self._told("failed")


def _now() -> float:
    return asyncio.get_running_loop().time()

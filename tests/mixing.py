"""Four callers ask at random for the same customers, of one gateway or of several; and all that each of them saw."""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tests.caching import CLOSED, EARLIER, OPEN, ask, figures, freshness
from tests.conftest import Gateway
from tests.marked import mark

CALLERS = ("demo-1", "demo-2", "demo-3", "demo-4")
CUSTOMERS = tuple(range(1, 13))
OPERATIONS = 600
_AT_ONCE = 12
_MOST_CUSTOMERS = 4


@dataclass(frozen=True, slots=True)
class Sight:
    """What a caller saw of a customer, and when; ``said`` is how new it is, or why there is nothing."""

    caller: str
    customer: int
    period: str
    began: float
    ended: float
    figure: int | None
    said: str | None

    @property
    def is_of_another(self) -> bool:
        return self.figure not in {None, mark(self.caller, self.customer, self.period)}


async def mixed(gateways: Sequence[Gateway], *, seconds: float, turns: Mapping[int, Callable[[], None]]) -> list[Sight]:
    """Ask for about so many seconds; what is to happen with the operation of a number is done before it."""
    chance = random.Random(1)  # noqa: S311  # repeatable
    numbers = iter(range(OPERATIONS))
    sights: list[Sight] = []

    async def client() -> None:
        for number in numbers:
            turns.get(number, lambda: None)()
            caller, period = chance.choice(CALLERS), chance.choice((OPEN, CLOSED, EARLIER))
            customers = chance.sample(CUSTOMERS, chance.randint(1, _MOST_CUSTOMERS))
            sights.extend(await _seen(chance.choice(gateways), caller, period, customers))
            await asyncio.sleep(chance.uniform(0, 2 * seconds * _AT_ONCE / OPERATIONS))

    await asyncio.gather(*(client() for _ in range(_AT_ONCE)))
    return sights


async def _seen(gateway: Gateway, caller: str, period: str, customers: Sequence[int]) -> list[Sight]:
    began = _now()
    reply = await ask(gateway, *customers, period=period, token=caller)
    seen = zip(customers, figures(reply), freshness(reply), strict=True)
    return [Sight(caller, customer, period, began, _now(), figure, said) for customer, figure, said in seen]


def _now() -> float:
    return asyncio.get_running_loop().time()

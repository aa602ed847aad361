"""What callers had lately of a rate, by way of a server that many processes share: one trip, in bounded time.

The server judges by its own clock, in one step. What it gives is counted in the process too: there it is judged while
the server is away, and what a process alone has given in full is not asked for again.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from gateway.cache.server import Server
from gateway.cache.windows import OwnWindows, Taken
from gateway.rates import SLOTS, Rate

_SCRIPT = f"""
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local answers = {{}}
for i, key in ipairs(KEYS) do
  local count, amount = tonumber(ARGV[4 * i - 3]), tonumber(ARGV[4 * i - 2])
  local seconds, given_in = tonumber(ARGV[4 * i - 1]), ARGV[4 * i]
  local slot = math.floor(now * {SLOTS} / seconds)
  local had = redis.call('HGETALL', key)
  local total, given = 0, 0
  for j = 1, #had, 2 do
    local is_past = tonumber(had[j]) < slot - {SLOTS}
    if is_past then redis.call('HDEL', key, had[j]) else total = total + tonumber(had[j + 1]) end
  end
  if count < 0 then
    local there = tonumber(redis.call('HGET', key, given_in) or 0)
    if there > 0 then redis.call('HINCRBY', key, given_in, math.max(count, -there)) end
  elseif total + count <= amount then
    given = 1
    redis.call('HINCRBY', key, slot, count)
    redis.call('PEXPIRE', key, seconds * 1000 * {SLOTS + 1} / {SLOTS})
  end
  answers[i] = {{given, slot, math.floor(now * 1000), redis.call('HGETALL', key)}}
end
return answers
"""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class _Wish:
    """For so much more; for less than nothing, to give back what was had in the slot."""

    name: str
    rate: Rate
    count: int
    slot: int = 0


class SharedWindows:
    """``named`` makes a caller's name in the server; ``own`` is what the process counts."""

    def __init__(self, server: Server, named: Callable[[str], str], rate: Rate, own: OwnWindows) -> None:
        self._server = server
        self._named = named
        self._rate = rate
        self._own = own
        self._trips = server.reads(self._ask)
        self._refuses = False

    def take(self, name: str, count: int) -> Taken | Awaitable[Taken]:
        if self._server.is_away or not self._own.has_left(name, count):
            return self._own.take(name, count)
        return self._taken(name, count)

    def give_back(self, name: str, taken: Taken, count: int) -> None:
        if taken.beside is None:
            self._own.give_back(name, taken, count)
            return
        self._own.give_back(name, taken.beside, count)
        taken.counts[taken.slot] -= count
        if not self._server.is_away:
            self._trips.send([_Wish(self._named(name), self._rate, -count, taken.slot)])

    async def _taken(self, name: str, count: int) -> Taken:
        found = await self._trips.read([_Wish(self._named(name), self._rate, count)])
        if found is None:
            return self._own.take(name, count)
        (taken,) = found
        return taken._replace(beside=self._own.note(name, count)) if taken.is_given else taken

    async def _ask(self, redis: Redis, wishes: Sequence[_Wish]) -> Sequence[Taken] | None:
        arguments = [part for each in wishes for part in (each.count, *each.rate, each.slot)]
        try:
            found = await redis.eval(_SCRIPT, len(wishes), *(each.name for each in wishes), *arguments)
        except ResponseError as error:  # it answers, but takes no writes, or no scripts: what is kept there may be read
            if not self._refuses:
                _log.error("the shared cache counts nothing: %s", type(error).__name__)
            self._refuses = True
            self._server.refused()
            return None
        self._refuses = False
        if len(found) != len(wishes):
            raise TypeError("an answer to another question")
        return [_read(each) for each in found]


def _read(answer: tuple[int, int, int, Sequence[bytes]]) -> Taken:
    given, slot, milliseconds, had = answer
    numbers = list(map(int, had))
    counts = dict(zip(numbers[::2], numbers[1::2], strict=True))
    if given and slot not in counts:
        raise ValueError("what is given is not counted")
    return Taken(given == 1, counts, slot, milliseconds / 1000)

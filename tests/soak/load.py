"""Those who ask: most of them as clients do, some who go away, read slowly, say nothing, or send what is refused."""

import asyncio
import socket
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from random import Random
from time import time
from typing import Any

import aiohttp
import orjson

from bench.abuse import written
from tests.abuse import bodies, documents, heads, schema, values
from tests.chaos.asking import Operation, ask_and_leave
from tests.chaos.callers import CALLERS
from tests.chaos.steps import WAYS, Leaving
from tests.conftest import GRAPHQL, PREFLIGHT
from tests.soak.processes import REQUEST_TIMEOUT
from tests.soak.questions import FEW, Question, drawn
from tests.soak.verdicts import Answer, broken
from tests.soak.weather import Sky

USUAL = 8  # of one gateway's, who ask again and again
_PAUSE = 0.08  # seconds between two of their operations, on average
_LONGEST = REQUEST_TIMEOUT + 20.0  # seconds, for anything: what takes longer has no end
_MOST_KEPT = 200  # complaints
_REFUSED = [
    attack
    for attack in (*documents.ALL, *values.ALL, *bodies.ALL, *schema.ALL, *heads.ALL)
    if attack.status >= 400 and not attack.introspection and len(attack.sent.body) < 20_000
]


@dataclass(slots=True)
class Tally:
    """What was asked and answered, and what was wrong with it."""

    asked: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    ages: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    count: int = 0

    def complain(self, what: str) -> None:
        self.count += 1
        if len(self.complaints) < _MOST_KEPT:
            self.complaints.append(what)


@dataclass(frozen=True, slots=True)
class Front:
    """A gateway, and how it is asked: over connections that are kept, or each time over a new one."""

    address: str
    http: aiohttp.ClientSession
    fresh: aiohttp.ClientSession

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    @property
    def url(self) -> str:
        return f"{self.address}/graphql"


@dataclass(frozen=True, slots=True)
class Load:
    """One gateway's callers. ``sky`` knows what they may be told, ``tally`` takes down what they were."""

    front: Front
    sky: Sky
    tally: Tally
    chance: Random

    def all(self) -> list[Callable[[], Awaitable[None]]]:
        """Return what goes on for as long as the soak does."""
        often = [self._usual] * USUAL
        return [*often, *(self._again(each) for each in (self._leaves, self._reads_slowly, self._idles, self._attacks))]

    def _again(self, what: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        async def going_on() -> None:
            while True:
                self.tally.asked[what.__name__.strip("_")] += 1
                await self._bounded(what())
                await asyncio.sleep(self.chance.uniform(0, 4 * _PAUSE))

        return going_on

    async def _usual(self) -> None:
        ways = (self._by_post, self._by_get, self._by_hash, self._array, self._introspects, self._over_a_new_connection)
        while True:
            way = self.chance.choices(ways, (12, 4, 3, 2, 1, 1))[0]
            self.tally.asked[way.__name__.strip("_")] += 1
            await self._bounded(way())
            await asyncio.sleep(self.chance.expovariate(1 / _PAUSE))

    async def _bounded(self, doing: Awaitable[None]) -> None:
        try:
            async with asyncio.timeout(_LONGEST):
                await doing
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
            self.tally.complain(f"no answer: {type(error).__name__} {error}")

    async def _by_post(self) -> None:
        await self._post(drawn(self.chance), self.front.http)

    async def _over_a_new_connection(self) -> None:
        await self._post(drawn(self.chance), self.front.fresh)

    async def _post(self, question: Question, http: aiohttp.ClientSession) -> None:
        self._judge(question, await self.answer(question, http))

    async def answer(self, question: Question, http: aiohttp.ClientSession | None = None) -> Answer:
        return await self._sent(question.caller, question.body(), http)

    async def _by_get(self) -> None:
        question, began = drawn(self.chance), time()
        body = {"query": question.document(), "variables": orjson.dumps(question.variables()).decode()}
        headers = {"Accept": GRAPHQL, **PREFLIGHT, **CALLERS[question.caller]}
        async with self.front.http.get(self.front.url, params=body, headers=headers) as response:
            self._judge(question, await _answer(response, began))

    async def _by_hash(self) -> None:
        question = drawn(self.chance)
        answer = await self._sent(question.caller, question.by_hash(), accept="application/json, " + GRAPHQL)
        if "PersistedQueryNotFound" in str(answer.body.get("errors", "")):
            answer = await self._sent(question.caller, question.by_hash() | question.body())
        self._judge(question, answer)

    async def _array(self) -> None:
        caller = self.chance.choice(list(CALLERS))
        questions = [drawn(self.chance, FEW).asked_by(caller) for _ in range(self.chance.randint(2, 4))]
        answer = await self._sent(caller, [each.body() for each in questions], accept="application/json")
        if not isinstance(answer.body, list) or len(answer.body) != len(questions):
            self.tally.complain(f"an array is answered with {answer.status} {str(answer.body)[:300]}")
            return
        for question, body in zip(questions, answer.body, strict=True):
            self._judge(question, replace(answer, body=body, said=orjson.dumps(body).decode()))

    async def _introspects(self) -> None:
        answer = await self._sent("anna", {"query": "{ __schema { queryType { name } } }"})
        if [error["extensions"]["code"] for error in answer.body.get("errors", ())] != ["INTROSPECTION_DISABLED"]:
            self.tally.complain(f"introspection is answered with {answer.status} {str(answer.body)[:300]}")

    async def _leaves(self) -> None:
        ids = [str(self.chance.randint(1, 3000)) for _ in range(self.chance.randint(1, 30))]
        leaving = Leaving(self.chance.choice(WAYS), self.chance.uniform(0, 0.3))
        await ask_and_leave(self.front, Operation("bert", ids, (self.chance.randint(0, 3),)), leaving)

    async def _reads_slowly(self) -> None:
        """Ask for much, take the answer in small pieces; half of the time leave it at that."""
        request = Operation("cleo", [str(number) for number in range(1, 201)]).request()
        loop = asyncio.get_running_loop()
        with socket.socket() as connection:
            connection.setblocking(False)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            await loop.sock_connect(connection, ("127.0.0.1", self.front.port))
            await loop.sock_sendall(connection, request)
            for _ in range(self.chance.choice((5, 40))):
                if not await loop.sock_recv(connection, 512):
                    break
                await asyncio.sleep(0.03)

    async def _idles(self) -> None:
        """Connect and say nothing, or half a head, for a while."""
        with socket.socket() as connection:
            connection.setblocking(False)
            await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", self.front.port))
            if self.chance.random() < 0.5:
                connection.send(b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-")
            await asyncio.sleep(self.chance.uniform(0, 5))

    async def _attacks(self) -> None:
        attack = self.chance.choice(_REFUSED)
        reader, writer = await asyncio.open_connection("127.0.0.1", self.front.port)
        try:
            writer.write(written(attack.sent, self.front.address))
            line = await reader.readline()
        finally:
            writer.close()
        if line.split()[1:2] != [str(attack.status).encode()]:
            self.tally.complain(f"the attack '{attack.name}' is answered with {line!r}")

    async def _sent(
        self, caller: str, body: Any, http: aiohttp.ClientSession | None = None, accept: str = GRAPHQL
    ) -> Answer:
        began = time()
        headers: Mapping[str, str] = {"Accept": accept, "Content-Type": "application/json", **CALLERS[caller]}
        async with (http or self.front.http).post(self.front.url, data=orjson.dumps(body), headers=headers) as response:
            return await _answer(response, began)

    def _judge(self, question: Question, answer: Answer) -> None:
        self.tally.seconds.append(answer.ended - answer.began)
        for error in answer.body.get("errors", ()):
            self.tally.codes[error["extensions"]["code"]] += 1
        self.tally.ages.update(age for age in ("LIVE", "CACHED", "STALE") for _ in range(answer.said.count(f'"{age}"')))
        for each in broken(self.sky, question, answer):
            self.tally.complain(each)


async def _answer(response: aiohttp.ClientResponse, began: float) -> Answer:
    body = await response.read()
    ended = time()
    return Answer(response.status, orjson.loads(body), began, ended, f"{response.headers} {body.decode()}")

"""What may happen, drawn by hypothesis: the upstream's weather, and floods of operations under it.

Simple values come first, so that a failing sequence shrinks to few steps, callers and switches.
"""

import random
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from gateway.sandbox import Switches
from gateway.sandbox.odd import ODD
from gateway.sandbox.switches import FAULTS
from tests.chaos.callers import CALLERS
from tests.chaos.world import CANARY

PERIODS: tuple[tuple[str | None, str | None], ...] = (
    (None, None),
    ("2024-01-01", "2024-12-31"),
    ("2023-06-15", None),
    (None, "2021-03-31"),
    ("2024-12-31", "2024-01-01"),
    ("2023-02-30", None),
)
BAD_PERIODS = PERIODS[-2:]
BAD_IDS = ("007", "x", "0", "-1", "2147483648")
OTHERS = ("1", "2", "3", "4", *map(str, ODD), *BAD_IDS)  # asked for by several operations at once
BLOCK = 20  # ids of one operation, which no other of the same flood asks for
KNOWN, UNKNOWN = 100, 5000  # where the blocks begin
MOST = 40  # operations of a flood
STATUSES = (500, 400, 401, 403, 404, 408, 409, 429, 502, 503, 504)
_FORBIDDEN, _FAIL = 7, 13
WAYS = ("cancelled", "closed", "reset", "half")


@dataclass(frozen=True, slots=True)
class Leaving:
    """A caller who does not wait: how, and after how many seconds."""

    way: str
    after: float


@dataclass(frozen=True, slots=True)
class Wish:
    """So many alike operations: customers that exist and that do not, others, and the periods of each."""

    caller: str = "anna"
    copies: int = 1
    known: int = 1
    unknown: int = 0
    others: tuple[str, ...] = ()
    periods: tuple[int, ...] = (0,)
    order: int = 0
    leaving: Leaving | None = None

    def ids(self, place: int) -> list[str]:
        """Return the ids of the operation at a place of its flood: most of them are its alone."""
        ids = [
            *(str(KNOWN + BLOCK * place + number) for number in range(self.known)),
            *(str(UNKNOWN + BLOCK * place + number) for number in range(self.unknown)),
            *self.others,
        ]
        random.Random(self.order).shuffle(ids)  # noqa: S311  # repeatable
        return ids


@dataclass(frozen=True, slots=True)
class Step:
    """Switches to set, or None to leave them and the faults spent as they are; then a flood.

    Customers of `fail` and `forbidden` are written as remainders: so many are forbidden, and fail.
    """

    switches: dict[str, Any] | None = field(default_factory=dict)
    flood: tuple[Wish, ...] = ()

    def weather(self) -> Switches | None:
        if self.switches is None:
            return None
        forbidden = {token: _every(_FORBIDDEN, each) for token, each in self.switches.get("forbidden", {}).items()}
        fail = {id_: status for each, status in self.switches.get("fail", {}).items() for id_ in _every(_FAIL, each)}
        return Switches(canary=CANARY).changed({**self.switches, "forbidden": forbidden, "fail": fail})


def _some(*values: str) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(values), max_size=2)


def _every(nth: int, residue: int) -> list[int]:
    """Return every nth id of those that floods ask for."""
    ids = (*range(1, 10), *range(KNOWN, KNOWN + MOST * BLOCK), *range(UNKNOWN, UNKNOWN + MOST * BLOCK))
    return [each for each in ids if each % nth == residue]


_TOKENS = tuple(f"demo-{name}" for name in ("anna", "bert", "cleo"))
_RIGHTS = st.dictionaries(st.sampled_from(_TOKENS), st.integers(0, _FORBIDDEN - 1), min_size=1, max_size=2)
_FAILING = st.dictionaries(st.integers(0, _FAIL - 1), st.sampled_from(STATUSES), min_size=1, max_size=1)
STRUCTURE: dict[str, st.SearchStrategy[Any]] = {
    "routing": st.sampled_from(("classic", "endpoint")),
    "csharp_method": st.sampled_from(("Get", "Any")),
    "predefined_routes": st.booleans(),
    "api_route": st.booleans(),
    "error_body": st.sampled_from(("emptyDto", "responseStatus")),
    "auth": st.sampled_from(("attribute", "declarative", "jwt", "none")),
    "default_type": st.sampled_from(("html", "json")),
    "not_found": st.sampled_from(("404", "204", "zeros-200")),
    "null_item": st.sampled_from(("{}", "null")),
    "cache_response": st.booleans(),
    "framework_casing": st.sampled_from(("camel", "Pascal")),
    "debug_mode": st.booleans(),
}
_SLOWNESS = {"latency_item": st.sampled_from((0.002, 0.02, 0.1)), "latency_call": st.sampled_from((0.05, 0.3, 1.0))}
_REFUSALS = {
    "fail": _FAILING,
    "forbidden": _RIGHTS,
    "revoked": _some(*_TOKENS, "demo-old"),
    "roleless": _some(*_TOKENS),
}
_FAULTS = st.fixed_dictionaries(
    {"fault": st.sampled_from(FAULTS)},
    optional={
        "fault_on": st.sampled_from(("all", "batch", "single")),
        "fault_calls": st.none() | st.integers(1, 6),
        "fault_body": st.sampled_from(("empty", "text", "html", "json")),
        "retry_after": st.sampled_from(("none", "0", "1", "3", "date:1", "Wed, 21 Oct 2015 07:28:00 GMT")),
        "hang": st.sampled_from((0.3, 1.0, 60.0)),
    },
)


def _optional(switches: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.just({}) | st.fixed_dictionaries({}, optional=switches)


def _often(seldom: st.SearchStrategy[Any], often: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.integers(0, 3).flatmap(lambda chance: often if chance < 3 else seldom)


_weathers = st.builds(
    lambda *parts: {name: value for part in parts for name, value in part.items()},
    _optional(STRUCTURE),
    _optional(_SLOWNESS),
    _optional(_REFUSALS),
    _often(st.just({}), _FAULTS),
)


def _periods(count: int) -> st.SearchStrategy[tuple[int, ...]]:
    return st.lists(st.integers(0, count - 1), min_size=1, max_size=2, unique=True).map(tuple)


_wishes = st.builds(
    Wish,
    caller=_often(st.sampled_from(tuple(CALLERS)), st.sampled_from(tuple(CALLERS)[:3])),
    copies=st.integers(1, MOST // 5),
    known=st.integers(0, 12),
    unknown=st.integers(0, 2),
    others=st.lists(st.sampled_from(OTHERS), max_size=4).map(tuple),
    periods=_often(_periods(len(PERIODS)), _periods(len(PERIODS) - len(BAD_PERIODS))),
    order=st.integers(0, 5),
    leaving=st.none() | st.builds(Leaving, st.sampled_from(WAYS), st.integers(0, 8).map(lambda tenths: tenths / 10)),
)
steps = st.builds(Step, _often(st.none(), _weathers), st.lists(_wishes, min_size=1, max_size=5).map(tuple))

"""Who may see whom, all along: each caller has customers not for them, so that nobody's answer is another's."""

from datetime import date
from typing import Any

from gateway.sandbox.data import Customers
from tests.chaos.callers import TOKENS
from tests.chaos.verdicts import published

MET = 400  # customers that are asked for again and again: from 1 on
_NTH = 50
_FIRST = {"anna": 7, "bert": 13, "cleo": 29}
FORBIDDEN = {caller: frozenset(range(first, MET, _NTH)) for caller, first in _FIRST.items()}
_CUSTOMERS = Customers()


def flags() -> list[str]:
    """Return how the sandbox is started."""
    rights = (f"{TOKENS[caller]}={'+'.join(map(str, sorted(ids)))}" for caller, ids in FORBIDDEN.items())
    return ["--csharp-method", "Any", "--forbidden", ",".join(rights)]


def may_see(caller: str, customer: int) -> bool:
    return customer not in FORBIDDEN.get(caller, ())


def truth(customer: int, first: date | None, last: date | None) -> dict[str, Any] | None:
    """Return the figures that the sandbox has of a customer and period, as they are to be published."""
    kpi = _CUSTOMERS.kpi(customer, first, last)
    return published(kpi) if kpi else None

"""What is asked: customers and periods, drawn from so many that some are kept and some are not, in all shapes."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from hashlib import sha256
from random import Random
from typing import Any

from gateway.sandbox.data import POPULATION
from gateway.sandbox.odd import ODD
from tests.chaos.callers import CALLERS
from tests.chaos.steps import BAD_IDS
from tests.conftest import FIGURES
from tests.soak.rights import MET

Place = tuple[str | int, ...]

DOCUMENTS = 4  # alike but for a comment: as many as are all kept before memory is looked at
UNKNOWN = 5000  # where customers begin that there are not
FEW, _MANY = 12, 80  # customers of one operation
_USUAL = ("anna", "bert", "cleo")


@dataclass(frozen=True, slots=True)
class Span:
    """A period as it is written; ``is_bad``: it is none."""

    first: str | None = None
    last: str | None = None
    is_bad: bool = False

    def days(self) -> tuple[date | None, date | None]:
        first, last = (date.fromisoformat(day) if day else None for day in (self.first, self.last))
        return first, last

    def is_closed(self, today: date) -> bool:
        return self.last is not None and date.fromisoformat(self.last) < today - timedelta(days=30)


SPANS = (
    Span("2024-01-01", "2024-12-31"),
    Span("2023-01-01", "2023-12-31"),
    Span("2023-06-15", None),
    Span(None, "2021-03-31"),
    Span(None, None),
    Span("2025-02-01", "2025-02-28"),
    Span("2022-01-01", "2023-11-01"),
    Span("2020-01-01", None),
)
BAD_SPANS = (Span("2024-12-31", "2024-01-01", is_bad=True), Span("2023-02-30", None, is_bad=True))


@dataclass(frozen=True, slots=True)
class Question:
    """An operation. ``shape``: customers, customer (one id) or _entities; ``number``: which of alike documents."""

    caller: str
    shape: str
    ids: tuple[str, ...]
    spans: tuple[Span, ...]
    number: int = 0

    def asked_by(self, caller: str) -> "Question":
        return replace(self, caller=caller)

    def document(self) -> str:
        kpis = " ".join(
            f"p{each}: kpi(from: $f{each}, to: $t{each}) {{ {FIGURES} asOf freshness }}"
            for each in range(len(self.spans))
        )
        days = "".join(f", $f{each}: Date, $t{each}: Date" for each in range(len(self.spans)))
        asked = {
            "customers": ("$ids: [ID!]!", f"customers(ids: $ids) {{ id {kpis} }}"),
            "customer": ("$id: ID!", f"customer(id: $id) {{ id {kpis} }}"),
            "_entities": ("$of: [_Any!]!", f"_entities(representations: $of) {{ ... on Customer {{ id {kpis} }} }}"),
        }
        variables, fields = asked[self.shape]
        return f"query Soak({variables}{days}) {{ {fields} }} # {self.number}"

    def variables(self) -> dict[str, Any]:
        days = {
            name: day
            for number, span in enumerate(self.spans)
            for name, day in ((f"f{number}", span.first), (f"t{number}", span.last))
        }
        of = [{"__typename": "Customer", "id": each} for each in self.ids]
        asked: dict[str, dict[str, Any]] = {
            "customers": {"ids": self.ids},
            "customer": {"id": self.ids[0]},
            "_entities": {"of": of},
        }
        return {**asked[self.shape], **days}

    def body(self) -> dict[str, Any]:
        return {"query": self.document(), "variables": self.variables()}

    def by_hash(self) -> dict[str, Any]:
        """Return what an automatic persisted query says in the document's place."""
        hashed = sha256(self.document().encode()).hexdigest()
        return {"variables": self.variables(), "extensions": {"persistedQuery": {"version": 1, "sha256Hash": hashed}}}

    def customers(self, data: dict[str, Any]) -> Iterator[tuple[Place, str, dict[str, Any] | None]]:
        """Go through the customers of an answer: the path, the id that was asked, and what is there."""
        if self.shape == "customer":
            yield ("customer",), self.ids[0], data["customer"]
            return
        for index, (id_, customer) in enumerate(zip(self.ids, data[self.shape], strict=True)):
            yield (self.shape, index), id_, customer


def drawn(chance: Random, many: int = _MANY) -> Question:
    """Draw an operation: mostly of what others ask for too, seldom of what nobody has asked for yet."""
    shape = chance.choices(("customers", "customer", "_entities"), (6, 3, 2))[0]
    most = 1 if shape == "customer" else chance.choices((FEW, many), (9, 1))[0]
    ids = tuple(_id(chance, shape) for _ in range(chance.randint(1, most)))
    spans = tuple(_span(chance) for _ in range(chance.choices((1, 2, 3), (7, 2, 1))[0]))
    callers = chance.choices((_USUAL, tuple(CALLERS)), (5, 2))[0]
    return Question(chance.choice(callers), shape, ids, spans, chance.randrange(DOCUMENTS))


def never_asked(chance: Random) -> Question:
    """Draw what must be fetched."""
    ids = tuple(str(chance.randint(MET + 1, POPULATION)) for _ in range(3))
    return Question("anna", "customers", ids, (_random_span(chance),))


def _id(chance: Random, shape: str) -> str:
    kind = chance.random()
    if kind < 0.9:
        return str(chance.randint(1, MET))
    if kind < 0.95:
        return str(chance.randint(MET + 1, POPULATION))
    if kind < 0.97:
        return str(UNKNOWN + chance.randint(0, MET))
    if kind < 0.99 or shape == "_entities":
        return str(chance.choice(list(ODD)))
    return chance.choice(BAD_IDS)


def _span(chance: Random) -> Span:
    kind = chance.random()
    if kind < 0.9:
        return chance.choice(SPANS)
    return _random_span(chance) if kind < 0.98 else chance.choice(BAD_SPANS)


def _random_span(chance: Random) -> Span:
    first = date(2019, 1, 1) + timedelta(days=chance.randint(0, 2000))
    return Span(first.isoformat(), (first + timedelta(days=chance.randint(0, 300))).isoformat())

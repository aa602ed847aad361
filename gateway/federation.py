"""What a router reads: the schema as text, with the directives of Apollo Federation that a version of it has.

They are kept apart from the types, for they are of no use to anyone else, and not all routers know all of them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from graphql import ObjectTypeDefinitionNode, parse

Version = tuple[int, int]

_KEYS, _AUTH, _COSTS, _CACHE_TAGS = (2, 0), (2, 5), (2, 9), (2, 12)


class _Directive(NamedTuple):
    since: Version
    name: str
    arguments: str = ""

    def __str__(self) -> str:
        return f"@{self.name}{self.arguments}"


@dataclass(frozen=True, slots=True)
class Federation:
    """Which ``version`` of federation a router knows; ``longest``: the most customers of one list.

    ``auth``: the router is told that KPIs are for callers whom it knows, with all of the ``scopes``; ValueError for a
    version that has no words for that.
    """

    version: Version = _COSTS
    longest: int = 200
    auth: bool = False
    scopes: Sequence[str] = ()

    def __post_init__(self) -> None:
        if self.auth and self.version < _AUTH:
            raise ValueError("{}.{}: that has no @authenticated, which came with {}.{}".format(*self.version, *_AUTH))

    def sdl(self, text: str) -> str:
        """Return a schema's text with the directives in it."""
        places = dict(_places(text))
        put = {places[coordinate]: directives for coordinate, directives in self._directives().items() if directives}
        for place in sorted(put, reverse=True):
            text = f"{text[:place]} {' '.join(map(str, put[place]))}{text[place:]}"
        names = sorted({f'"@{directive.name}"' for directives in put.values() for directive in directives})
        url = "https://specs.apollo.dev/federation/v{}.{}".format(*self.version)
        return f'schema @link(url: "{url}", import: [{", ".join(names)}]) {{\n  query: Query\n}}\n\n{text}'

    def _directives(self) -> Mapping[str, Sequence[_Directive]]:
        """Return them by the coordinate of what they are of. Costs are in KPIs, as the gateway counts them itself."""
        free, one = _cost(0), _cost(1)
        known = {
            "Customer": [_Directive(_KEYS, "key", '(fields: "id")'), _cache_tag("customer-{$key.id}")],
            "Customer.kpi": [one, _Directive(_KEYS, "tag", '(name: "kpi")'), *self._auth()],
            "Query.customer": [free, _Directive(_KEYS, "tag", '(name: "kpi")'), _cache_tag("customer-{$args.id}")],
            "Query.customers": [
                free,
                _Directive(_COSTS, "listSize", f"(assumedSize: {self.longest})"),
                _Directive(_KEYS, "tag", '(name: "kpi")'),
                _cache_tag("customers"),
            ],
        }
        return {coordinate: list(self._of_version(directives)) for coordinate, directives in known.items()}

    def _auth(self) -> Iterator[_Directive]:
        if self.auth:
            yield _Directive(_AUTH, "authenticated")
        if self.auth and self.scopes:
            listed = ", ".join(f'"{scope}"' for scope in self.scopes)
            yield _Directive(_AUTH, "requiresScopes", f"(scopes: [[{listed}]])")

    def _of_version(self, directives: Iterable[_Directive]) -> Iterator[_Directive]:
        return (each for each in directives if each.since <= self.version)


def _cost(weight: int) -> _Directive:
    return _Directive(_COSTS, "cost", f"(weight: {weight})")


def _cache_tag(form: str) -> _Directive:
    return _Directive(_CACHE_TAGS, "cacheTag", f'(format: "{form}")')


def _places(text: str) -> Iterator[tuple[str, int]]:
    """Yield the coordinate of each object type and field, and where in the text its directives begin."""
    for node in parse(text).definitions:
        if isinstance(node, ObjectTypeDefinitionNode):
            yield node.name.value, node.name.loc.end  # type: ignore[union-attr]  # it was parsed with its location
            for field in node.fields or ():
                yield f"{node.name.value}.{field.name.value}", field.loc.end  # type: ignore[union-attr]

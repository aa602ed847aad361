"""What resolvers come up with: for every type right values, and whatever else they might return or raise."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterator, Mapping, Sequence
from enum import Enum
from typing import Any

from graphql import GraphQLError, ListTypeNode, NonNullTypeNode, TypeNode, Undefined, parse_type, print_ast

from gateway.errors import FieldFailure, Forbidden, UpstreamTimeout
from tests.plan.world import World


class Color(Enum):
    RED = "red"
    BLUE = "blue"


class Boom(Exception):
    """A resolver's failure."""


LEAVES: dict[str, tuple[tuple[Any, ...], tuple[Any, ...]]] = {
    "Int": ((1, -(2**31), 2**31 - 1, True, 3.0, "7"), (2**31, 1.5, "x", "", float("nan"), [1])),
    "Float": ((1.5, 2, "2.5", False, 1e300), (float("inf"), "x", "", {})),
    "Boolean": ((True, False, 1, 0.0), ("true", [], float("nan"))),
    "String": (("a", "", "ü\n", 5, True, 1.5), ([], {}, b"x")),
    "ID": (("a", "7", 5, 3.0), (1.5, True, [])),
    "Color": ((Color.RED, Color.BLUE), ("GREEN", 5, [])),
    "Fussy": (("fine", 0, ["as", {"it": "is"}]), ("nothing", "undefined", "broken", "refused")),
}
"""Right and wrong values of the leaf types."""

COMPOSITES = {
    "Thing": (("Thing",), ("Gadget", "Nobody")),
    "Node": (("Thing", "Gadget"), ("Red", "Nobody")),
    "Anything": (("Thing", "Gadget"), ("Red", "Nobody")),
}
"""Kinds of sources that the composite types take, and that they do not."""

TYPES = [
    *(f"{name}{end}" for name in (*LEAVES, "Thing", "Node", "Anything") for end in ("", "!")),
    *(
        f"[{name}{one}]{two}"
        for name in ("Int", "Fussy", "Thing", "Anything")
        for one in ("", "!")
        for two in ("", "!")
    ),
    *(
        f"[[{name}{one}]{two}]{three}"
        for name in ("String", "Thing", "Node")
        for one in ("", "!")
        for two in ("", "!")
        for three in ("", "!")
    ),
]


def _named(type_: str) -> str:
    """Return a field's name for its type: int_sure_list for [Int!]."""
    return type_.lower().replace("[", "").replace("]", "_list").replace("!", "_sure")


FIELDS: dict[str, TypeNode] = {_named(type_): parse_type(type_) for type_ in TYPES}


def fussy(value: Any) -> Any:
    """Coerce a value of the scalar Fussy for the answer."""
    if value == "nothing":
        return None
    if value == "undefined":
        return Undefined
    if value == "broken":
        raise ZeroDivisionError(value)
    if value == "refused":
        raise GraphQLError("refused", extensions={"code": "REFUSED"})
    return value


def made(world: World, type_: TypeNode, key: str, *, is_nullable: bool = True) -> Any:
    """Return or raise what a resolver might for the type."""
    if isinstance(type_, NonNullTypeNode):
        return made(world, type_.type, key, is_nullable=False)
    if world.fails(key):
        return _fault(world, type_, key)
    if is_nullable and world.draw(f"{key} is null", 10) == 0:
        return None
    if isinstance(type_, ListTypeNode):
        return _list(world, type_.type, key)
    return _one(world, print_ast(type_), key, 0)


def outcome(world: World, type_: TypeNode, key: str) -> Any:
    """Return what is made, or what was raised."""
    try:
        return made(world, type_, key)
    except Exception as error:  # noqa: BLE001  # is a value here
        return error


def later(world: World, type_: TypeNode, key: str) -> Awaitable[Any]:
    async def waited() -> Any:
        await world.pause(key)
        return made(world, type_, key)

    return world.given(waited())


def _fault(world: World, type_: TypeNode, key: str) -> Any:
    match world.draw(f"{key} how", 8):
        case 0 | 1:
            raise Boom(key)
        case 2:
            return Boom(key)
        case 3:
            return None
        case 4:
            return Undefined
        case 5:
            raise GraphQLError(f"no {key}", extensions={"code": "NO"})
        case 6:
            error = UpstreamTimeout(key) if world.draw(f"{key} which", 2) else Forbidden(key)
            return FieldFailure(error, {"customerId": key})
    if isinstance(type_, ListTypeNode):
        return (_raising(world, type_.type, key), "text", {"a": 1}, 5)[world.draw(f"{key} odd", 4)]
    return _one(world, print_ast(type_), key, 1)


def _one(world: World, name: str, key: str, which: int) -> Any:
    choices = LEAVES[name][which] if name in LEAVES else COMPOSITES[name][which]
    choice = choices[world.draw(f"{key} is", len(choices))]
    return choice if name in LEAVES else (Table if world.draw(f"{key} form", 4) == 0 else Source)(world, choice, key)


def _list(world: World, item: TypeNode, key: str) -> Any:
    items = _items(world, item, key)
    form = world.draw(f"{key} form", 10)
    if form == 0:
        return items
    if form == 1:
        return _async(items)
    return tuple(items) if form == 2 else list(items)


def _items(world: World, item: TypeNode, key: str) -> Iterator[Any]:
    for index in range((0, 1, 2, 2, 3)[world.draw(f"{key} length", 5)]):
        place = f"{key}[{index}]"
        yield later(world, item, place) if world.waits_at(place) else outcome(world, item, place)


async def _async(items: Iterator[Any]) -> AsyncIterator[Any]:
    for item in items:
        await asyncio.sleep(0)
        yield item


def _raising(world: World, item: TypeNode, key: str) -> Any:
    def items() -> Iterator[Any]:
        yield from _items(world, item, key)
        raise Boom(key)

    return _async(items()) if world.waits_at(key) else items()


class Source:
    """A value of a composite type: an attribute for each field, a method where a field takes arguments."""

    def __init__(self, world: World, kind: str, key: str) -> None:
        self.world = world
        self.kind = kind
        self.key = key

    def __repr__(self) -> str:
        return f"{self.kind} at {self.key}"

    def __getattr__(self, name: str) -> Any:
        field, _, way = name.rpartition("_")
        if field not in FIELDS:
            raise AttributeError(name)
        if way != "read":
            return lambda info, **given: resolved(self.world, self, info.path.as_list(), name, given)
        key = f"{self.key}.{name}"
        return (later if self.world.waits_at(key) else made)(self.world, FIELDS[field], key)

    def is_a(self, kind: str) -> bool:
        if self.world.fails(f"{self.key} is a {kind}"):
            raise Boom(self.key)
        return self.kind == kind


class Table(Source, Mapping[str, Any]):
    """The same, looked up by name."""

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def key_of(parent: Source | None, name: str, arguments: Mapping[str, Any]) -> str:
    """Return the key of a field's value."""
    return f"{parent.key if parent else ''}.{name}{sorted(arguments.items()) or ''}"


def resolved(
    world: World, parent: Source | None, path: Sequence[str | int], name: str, arguments: Mapping[str, Any]
) -> Any:
    """Resolve a field, at once or later as its name says; takes down that it was called, and where."""
    field, _, way = name.rpartition("_")
    key = key_of(parent, name, arguments)
    world.calls[f"{key} at {path}"] += 1
    return (later if way == "wait" else made)(world, FIELDS[field], key)


def resolved_many(
    world: World, parents: Sequence[Source | None], name: str, arguments: Mapping[str, Any]
) -> list[Any] | Awaitable[list[Any]]:
    """Resolve a field for many parents; fails for all of them where it fails for what all have in common."""
    field, _, way = name.rpartition("_")
    keys = [key_of(parent, name, arguments) for parent in parents]
    world.calls.update(keys)

    def outcomes() -> list[Any]:
        if world.fails(common):
            raise Boom(common)
        return [outcome(world, FIELDS[field], key) for key in keys]

    async def waited() -> list[Any]:
        await world.pause(common)
        return outcomes()

    common = key_of(None, f"many.{name}", arguments)
    return world.given(waited()) if way == "later" else outcomes()

"""A Strawberry schema of everything that could go wrong: each type as a field, resolved in each way."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Any, NewType, Union, cast

import strawberry
from graphql import ListTypeNode, NonNullTypeNode, TypeNode, print_ast
from strawberry.schema.config import StrawberryConfig
from strawberry.types.scalar import ScalarDefinition

from gateway.many import alone, many
from tests.plan.outcomes import FIELDS, Color, Source, fussy, resolved, resolved_many
from tests.plan.world import World

Fussy = NewType("Fussy", object)
SCALARS: dict[object, ScalarDefinition] = {Fussy: strawberry.scalar(name="Fussy", serialize=fussy)}
strawberry.enum(Color)
Info = strawberry.Info[World, None]


@strawberry.input
class Given:
    number: int = 7
    text: str | None = strawberry.UNSET
    colors: list[Color] | None = None
    inner: "Given | None" = strawberry.UNSET


PYTHON = {"Int": "int", "Float": "float", "Boolean": "bool", "String": "str", "ID": "strawberry.ID"}


def annotation(type_: TypeNode) -> str:
    """Return the type as Strawberry reads it."""
    if isinstance(type_, NonNullTypeNode):
        inner = type_.type
        return f"list[{annotation(inner.type)}]" if isinstance(inner, ListTypeNode) else _name(inner)
    sure: Any = type_
    return f"{annotation(NonNullTypeNode(type=sure))} | None"


def _name(type_: TypeNode) -> str:
    name = print_ast(type_)
    return PYTHON.get(name, name)


def _given(**arguments: Any) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if value is not strawberry.UNSET}


def _single(name: str) -> Callable[..., Any]:
    def resolve(
        self: Any,
        info: Info,
        number: int = 7,
        text: str | None = strawberry.UNSET,
        given: Given | None = strawberry.UNSET,
    ) -> Any:
        arguments = _given(number=number, text=text, given=given)
        return resolved(info.context, self, info.path.as_list(), name, arguments)

    return resolve


def _for_many(name: str) -> tuple[Callable[..., Any], dict[Any, Any]]:
    def resolve_many(
        world: World, parents: Sequence[Any], arguments: Mapping[str, Any]
    ) -> list[Any] | Awaitable[list[Any]]:
        return resolved_many(world, parents, name, arguments)

    def resolve(self: Any, info: Info, number: int = 7, texts: list[str | None] | None = strawberry.UNSET) -> Any:
        arguments = _given(number=number, texts=texts)
        return info.context.given(alone(resolve_many, info.context, self, arguments))

    return resolve, many(resolve_many)


def _fields(names: Sequence[str], ways: Sequence[str]) -> dict[str, Any]:
    """Return the members of a class that declare the fields, each resolved in each of the ways."""
    members: dict[str, Any] = {"__module__": __name__, "__annotations__": {}}
    for name in names:
        said = annotation(FIELDS[name])
        for way in ways:
            if way == "read":
                members["__annotations__"][f"{name}_read"] = said
                continue
            field = f"{name}_{way}"
            resolve, metadata = _for_many(field) if way in {"many", "later"} else (_single(field), {})
            resolve.__annotations__["return"] = said
            members[field] = strawberry.field(resolver=resolve, metadata=metadata)
    return members


def _is_a(kind: str) -> Any:
    def is_type_of(cls: type, value: Any, info: object) -> bool:  # noqa: ARG001
        return isinstance(value, Source) and value.is_a(kind)

    return classmethod(is_type_of)


WAYS = ("read", "sync", "wait", "many", "later")
SHARED = ("id_sure", "string", "int_sure_list", "node", "thing_list")

Node: Any = strawberry.interface(type("Node", (), _fields(SHARED, WAYS[:3])))
Thing: Any = strawberry.type(type("Thing", (Node,), _fields(list(FIELDS), WAYS) | {"is_type_of": _is_a("Thing")}))
Gadget: Any = strawberry.type(
    type("Gadget", (Node,), _fields([*SHARED, "int_sure", "anything"], WAYS) | {"is_type_of": _is_a("Gadget")})
)


@strawberry.type
class Red:
    """Strawberry's own objects, which say of which type they are."""

    tone: str
    number: int

    @strawberry.field
    def next(self, info: Info) -> "Either | None":
        return cast("Red | Blue | None", either(info.context, f"{self.tone}.next"))


@strawberry.type
class Blue:
    tone: str
    red: Red | None


class Row:
    """What is cast to a type of Strawberry's."""

    def __init__(self, tone: str) -> None:
        self.tone = tone
        self.red = None


Anything = Annotated[Union[Thing, Gadget], strawberry.union("Anything")]  # noqa: UP007  # of types known at run time
Either = Annotated[Red | Blue, strawberry.union("Either")]


def either(world: World, key: str) -> Any:
    """Return an object of the union, or one that is not of it."""
    match world.draw(f"{key} either", 8):
        case 0 | 1 | 2:
            return Red(tone=key, number=world.draw(key, 2**31 + 2**29))
        case 3 | 4:
            return Blue(tone=key, red=Red(tone=f"{key}.red", number=1))
        case 5:
            return strawberry.cast(Blue, Row(key))
        case 6:
            return strawberry.cast(Blue, Red(tone=key, number=2))
    return Row(key)


def _either(self: Any, info: Info, which: int = 0) -> Any:  # noqa: ARG001
    return either(info.context, f"{which}")


def _eithers(self: Any, info: Info, many: int = 3) -> Any:  # noqa: ARG001
    return [either(info.context, f"{which}") for which in range(min(many, 5))]


def _query(self: Any, info: Info) -> Any:
    return Source(info.context, "Query", f"{self.key if self else ''}.query")


def _root() -> dict[str, Any]:
    members = _fields(list(FIELDS), WAYS)
    for resolve, said in ((_either, "Either | None"), (_eithers, "list[Either | None] | None"), (_query, "Query")):
        resolve.__annotations__["return"] = said
        members[resolve.__name__[1:]] = strawberry.field(resolver=resolve)
    return members


Query: Any = strawberry.type(type("Query", (), _root()))
SCHEMA = strawberry.Schema(
    Query, config=StrawberryConfig(auto_camel_case=False, scalar_map=SCALARS), types=[Thing, Gadget]
)

"""What Strawberry has no way to say, on a schema of graphql-core's own: default resolvers, types told by name."""

from typing import Any

from graphql import GraphQLSchema, build_schema, print_ast

from tests.plan.outcomes import FIELDS, Source, fussy, resolved

_ARGUMENTS = "(number: Int! = 7, color: Color = BLUE, given: Given, choice: Choice, fussy: Fussy, matrix: [[Int]!])"
_SHARED = ("id_sure", "string", "node", "thing_list")
_GADGETS = ("float", "int_sure_list", "anything", "fussy")

_TYPES = """
scalar Fussy
enum Color { RED BLUE }
input Given { number: Int! = 7, again: Given, matrix: [[Int!]] = [[1], null] }
input Choice @oneOf { number: Int, text: String, given: Given }
union Anything = Thing | Gadget
"""


def _fields(names: Any, ways: tuple[str, ...] = ("read", "sync", "wait")) -> str:
    return "\n".join(
        f"  {name}_{way}{'' if way == 'read' else _ARGUMENTS}: {print_ast(FIELDS[name])}"
        for name in names
        for way in ways
    )


_SDL = f"""{_TYPES}
interface Node {{ {_fields(_SHARED)} }}
type Thing implements Node {{ {_fields(FIELDS)} }}
type Gadget implements Node {{ {_fields([*_SHARED, *_GADGETS])} }}
type Query {{ {_fields(FIELDS, ("sync", "wait"))} }}
"""


def _is_a(kind: str) -> Any:
    return lambda value, _: isinstance(value, Source) and value.is_a(kind)


def _kind(value: Source, _info: object, _type: object) -> Any:
    """Tell the name of a value's type, or something else."""
    if value.world.fails(f"{value.key} kind"):
        names = (None, 5, "Node", "Int", "Thing", "Gadget")
        return names[value.world.draw(f"{value.key} kind how", len(names))]
    return value.kind


def _root(name: str) -> Any:
    return lambda _, info, **given: resolved(info.context, None, info.path.as_list(), name, given)


def _schema() -> GraphQLSchema:
    schema: Any = build_schema(_SDL)
    types = schema.type_map
    types["Fussy"].coerce_output_value = fussy
    types["Node"].resolve_type = _kind
    types["Thing"].is_type_of = _is_a("Thing")
    types["Gadget"].is_type_of = _is_a("Gadget")
    for name, field in types["Query"].fields.items():
        field.resolve = _root(name)
        field.args["number"].out_name = "n"
    return schema  # type: ignore[no-any-return]  # build_schema's


SCHEMA = _schema()

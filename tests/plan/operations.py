"""Hypothesis draws operations that are valid on any schema, with their variables.

They are valid as they are made: a name in the answer stands for one field, with its arguments and its type, in all of
the operation, so that any two of a name merge.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInputType,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLSchema,
    TypeNameMetaFieldDef,
    Undefined,
    do_types_overlap,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_input_object_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_required_argument,
    is_required_input_field,
    is_union_type,
    specified_scalar_types,
)
from hypothesis import strategies as st

from tests.plan.inputs import Pick, Scalars, leaf, literal, value

BOOLEAN = GraphQLNonNull(specified_scalar_types["Boolean"])
DIRECTIVES = ["", "", "", "", "", "", "@skip", "@include", "@include @skip"]
TYPENAME = ("__typename", TypeNameMetaFieldDef)
SELECTIONS = ["field"] * 8 + ["inline", "inline", "spread"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a client sends."""

    text: str
    variables: dict[str, Any]
    name: str | None


@dataclass(slots=True)
class Writer:
    """Draws a document, from its leaves to its head."""

    pick: Pick
    schema: GraphQLSchema
    scalars: Scalars
    responses: dict[tuple[str, ...], str] = field(default_factory=dict)
    fragments: list[tuple[str, GraphQLNamedType, str]] = field(default_factory=list)
    definitions: dict[str, str] = field(default_factory=dict)  # of variables, by name
    types: dict[str, GraphQLInputType] = field(default_factory=dict)  # of variables, where one may be used again
    variables: dict[str, Any] = field(default_factory=dict)
    fragments_begun: int = 0

    def one_of(self, choices: Any) -> Any:
        return choices[self.pick(len(choices))]

    def chance(self, of: int) -> bool:
        return self.pick(of) == of - 1

    def document(self, depth: int) -> Asked:
        assert self.schema.query_type
        selections = self.selections(self.schema.query_type, depth)
        name = self.one_of([None, None, "Asked"])
        variables = f"({' '.join(self.definitions.values())})" if self.definitions else ""
        parts = [
            f"query {name or ''}{variables} {selections}" if name or variables else selections,
            *(f"fragment {name} on {type_} {text}" for name, type_, text in self.fragments),
            *(["query Other { __typename }"] if name and self.chance(4) else []),
        ]
        return Asked("\n".join(parts), self.variables, name)

    def selections(self, parent: Any, depth: int) -> str:
        kinds = [self.one_of(SELECTIONS) for _ in range(1 + self.pick(4))]
        return f"{{ {' '.join(self.selection(kind, parent, depth) for kind in kinds)} }}"

    def selection(self, kind: str, parent: Any, depth: int) -> str:
        if kind == "field" or depth == 0:
            return self.field(parent, depth)
        if kind == "spread":
            return f"...{self.fragment(parent, depth)} {self.directives()}"
        type_ = self.one_of([None, *overlapping(self.schema, parent)])
        on = f"on {type_} " if type_ else ""
        return f"... {on}{self.directives()} {self.selections(type_ or parent, depth - 1)}"

    def field(self, parent: Any, depth: int) -> str:
        goes_on = depth > 0 and not self.chance(3)
        name, definition = TYPENAME if self.chance(8) else self.one_of(fields_of(parent, goes_on=goes_on))
        arguments = self.arguments(definition)
        key = (name, arguments, str(definition.type), self.one_of(["", "", "again"]))
        taken = name in self.responses.values() or bool(key[3])
        response = self.responses.setdefault(key, f"{name[:3].strip('_')}{len(self.responses)}" if taken else name)
        alias = "" if response == name else f"{response}: "
        below = "" if is_leaf_type(get_named_type(definition.type)) else self.selections(named(definition), depth - 1)
        return f"{alias}{name}{arguments} {self.directives()} {below}"

    def fragment(self, parent: Any, depth: int) -> str:
        """Write a fragment, or take one that is there; it is there when it is whole, so that none is in itself."""
        known = [name for name, type_, _ in self.fragments if type_ in overlapping(self.schema, parent)]
        if known and not self.chance(3):
            return str(self.one_of(known))
        self.fragments_begun += 1
        name, type_ = f"F{self.fragments_begun}", self.one_of(overlapping(self.schema, parent))
        self.fragments.append((name, type_, self.selections(type_, depth - 1)))
        return name

    def directives(self) -> str:
        names = self.one_of(DIRECTIVES).split()
        return " ".join(f"{name}(if: {self.written(BOOLEAN, has_default=False)})" for name in names)

    def arguments(self, definition: GraphQLField) -> str:
        given = [
            f"{name}: {self.written(argument.type, has_default=_has_default(argument))}"
            for name, argument in definition.args.items()
            if is_required_argument(argument) or self.chance(3)
        ]
        return f"({' '.join(given)})" if given else ""

    def written(self, type_: Any, *, has_default: bool) -> str:
        """Write a literal, a variable, or a literal with variables in it."""
        if self.chance(3):
            return f"${self.variable(type_, has_default=has_default)}"
        if not is_non_null_type(type_) and self.chance(6):
            return "null"
        inner: Any = get_nullable_type(type_)
        if is_list_type(inner):
            items = [self.written(inner.of_type, has_default=False) for _ in range(self.one_of([0, 1, 2]))]
            return f"[{' '.join(items)}]"
        if not is_input_object_type(inner):
            return literal(inner, leaf(self.pick, inner, self.scalars))
        if inner.is_one_of:  # takes a variable only if that is never null
            return literal(inner, value(self.pick, GraphQLNonNull(inner), self.scalars))
        return self.written_object(inner)

    def written_object(self, type_: Any) -> str:
        given = [
            f"{name}: {self.written(it.type, has_default=_has_default(it))}"
            for name, it in type_.fields.items()
            if is_required_input_field(it) or self.chance(4)
        ]
        return f"{{{' '.join(given)}}}"

    def variable(self, type_: Any, *, has_default: bool) -> str:
        """Declare a variable that may stand at a place of the type, or take one that is declared."""
        known = [name for name, its in self.types.items() if str(its) == str(type_)]
        if known and self.chance(2):
            return str(self.one_of(known))
        name = f"v{len(self.definitions)}"
        nullable: Any = get_nullable_type(type_)
        if not is_non_null_type(type_):
            its, needs_default = self.one_of([nullable, nullable, GraphQLNonNull(nullable)]), False
        else:
            its = self.one_of([type_, type_, nullable])
            needs_default = its is nullable and not has_default
        if its is type_ or is_non_null_type(its):
            self.types[name] = type_
        return self.declared(name, its, needs_default=needs_default)

    def declared(self, name: str, type_: Any, *, needs_default: bool) -> str:
        default = ""
        if needs_default or self.chance(4):
            sure = type_ if is_non_null_type(type_) or not needs_default else GraphQLNonNull(type_)
            default = f" = {literal(type_, value(self.pick, sure, self.scalars))}"
        self.definitions[name] = f"${name}: {type_}{default}"
        if (is_non_null_type(type_) and not default) or not self.chance(4):
            self.variables[name] = value(self.pick, type_, self.scalars)
        return name


@cache  # making strategies takes longer than drawing from them
def number(below: int) -> st.SearchStrategy[int]:
    return st.integers(0, below - 1)


@st.composite
def operations(
    draw: st.DrawFn, schema: GraphQLSchema, scalars: Scalars | None = None, depths: Sequence[int] = range(5)
) -> Asked:
    def pick(below: int) -> int:
        return draw(number(below)) if below > 1 else 0

    return Writer(pick, schema, scalars or {}).document(depths[pick(len(depths))])


@cache
def overlapping(schema: GraphQLSchema, parent: Any) -> list[Any]:
    """Return the types that a fragment within the parent may be on."""
    return [
        type_
        for type_ in schema.type_map.values()
        if is_composite_type(type_) and not type_.name.startswith("__") and do_types_overlap(schema, parent, type_)
    ]


@cache
def fields_of(parent: Any, *, goes_on: bool) -> list[tuple[str, GraphQLField]]:
    """Return the leaves of a type, or what goes on from it; if there is none of the one then those of the other."""
    fields = [] if is_union_type(parent) else list(parent.fields.items())
    wanted = [each for each in fields if is_leaf_type(named(each[1])) is not goes_on]
    return wanted or [TYPENAME]


def named(definition: GraphQLField) -> Any:
    return get_named_type(definition.type)


def _has_default(it: Any) -> bool:
    return it.default_value is not Undefined or it.default is not None

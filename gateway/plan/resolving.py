"""How a field's values are had: for all parents in one call where the field says how, else parent by parent."""

from __future__ import annotations  # those of closures would be made anew with each of them

from collections.abc import Callable
from inspect import isawaitable
from operator import attrgetter
from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLObjectType,
    TypeNameMetaFieldDef,
    VariableNode,
    default_field_resolver,
)
from graphql.execution.values import get_argument_values
from graphql.pyutils import Path

from gateway.many import ResolveMany, many_of, one_each, path_of
from gateway.nodes import within
from gateway.plan.places import Place
from gateway.plan.run import Run, Values, Waiting
from gateway.plan.selection import Objects, Resolver
from gateway.plan.waiting import together

Arguments = Callable[[Run], dict[str, Any] | Exception]
_STRAWBERRY = "strawberry-definition"


def resolver(parent: GraphQLObjectType, field: GraphQLField, nodes: list[FieldNode]) -> Resolver:
    """Return what has the values of a field for all of its parents."""
    if field is TypeNameMetaFieldDef:
        return lambda _, objects: [parent.name] * len(objects.sources)
    definition = field.extensions.get(_STRAWBERRY)
    if definition and definition.is_basic_field and definition.default_resolver is getattr:
        return _attribute(definition.python_name)
    if path := read_from(field):
        return _reading(path)
    arguments = _arguments(field, nodes[0])
    resolve_many = many_of(definition.metadata) if definition and not definition.extensions else None
    return _at_once(resolve_many, arguments) if resolve_many else _each(parent, field, nodes, arguments)


def read_from(field: GraphQLField) -> str | None:
    """Return the attribute, with dots, that a field says it is; None for any other."""
    definition = field.extensions.get(_STRAWBERRY)
    return path_of(definition.metadata) if definition and not definition.extensions else None


def _attribute(path: str) -> Resolver:
    read = attrgetter(path)

    def resolve(_: Run, objects: Objects) -> Values | Waiting:
        return together([_outcome(read, source) for source in objects.sources])

    return resolve


def _reading(path: str) -> Resolver:
    """Read what is never awaited, and so may be read twice."""
    read = attrgetter(path)

    def resolve(_: Run, objects: Objects) -> Values | Waiting:
        try:
            return list(map(read, objects.sources))
        except Exception:  # noqa: BLE001  # whichever it was, each is read on its own
            return [_outcome(read, source) for source in objects.sources]

    return resolve


def _at_once(resolve_many: ResolveMany, arguments: Arguments) -> Resolver:
    def resolve(run: Run, objects: Objects) -> Values | Waiting:
        given = arguments(run)
        if isinstance(given, Exception):
            return [given] * len(objects.sources)
        try:
            values = resolve_many(run.context, objects.sources, given)
            if type(values) is not list and isawaitable(values):
                return values
            return one_each(values, len(objects.sources))
        except Exception as error:  # noqa: BLE001  # a resolver's, of all parents
            return [error] * len(objects.sources)

    return resolve


def _each(parent: GraphQLObjectType, field: GraphQLField, nodes: list[FieldNode], arguments: Arguments) -> Resolver:
    call = field.resolve or default_field_resolver
    key = nodes[0].alias.value if nodes[0].alias else nodes[0].name.value

    def resolve(run: Run, objects: Objects) -> Values | Waiting:
        given = arguments(run)
        if isinstance(given, Exception):
            return [given] * len(objects.sources)

        def one(source: Any, place: Place | None) -> Any:
            path = Path(place.as_path() if place else None, key, parent.name)
            return call(source, run.executor.build_resolve_info(field, nodes, parent, path), **given)

        return together([_outcome(one, *each) for each in zip(objects.sources, objects.places, strict=True)])

    return resolve


def _arguments(field: GraphQLField, node: FieldNode) -> Arguments:
    """Return what coerces the arguments, once a run; or once for all where they hold no variable."""

    def coerced(run: Run) -> dict[str, Any] | Exception:
        try:
            return get_argument_values(field, node, run.variables, hide_suggestions=run.executor.hide_suggestions)
        except Exception as error:  # noqa: BLE001  # an input object's own, too, is the field's failure
            return error

    if not field.args:
        return lambda _: {}
    kept: list[dict[str, Any] | Exception] = []

    def once(run: Run) -> dict[str, Any] | Exception:
        if not kept:
            kept.append(coerced(run))
        return kept[0]

    if not _has_variables(node):
        return once
    return _as_they_are(field, node, coerced) or coerced


def _as_they_are(field: GraphQLField, node: FieldNode, coerced: Arguments) -> Arguments | None:
    """Return what takes arguments from variables, where each of them is one; those have been coerced."""
    variables: dict[str, str] = {}
    for argument in node.arguments or ():
        if not isinstance(argument.value, VariableNode):
            return None
        name = argument.name.value
        variables[field.args[name].out_name or name] = argument.value.name.value
    if len(variables) < len(field.args):  # the others may have defaults
        return None

    def taken(run: Run) -> dict[str, Any] | Exception:
        values = run.variables.coerced
        found = {name: values.get(variable) for name, variable in variables.items()}
        return coerced(run) if type(None) in map(type, found.values()) else found

    return taken


def _has_variables(node: FieldNode) -> bool:
    return any(isinstance(each, VariableNode) for argument in node.arguments or () for each in within(argument))


def _outcome(call: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return call(*arguments)
    except Exception as error:  # noqa: BLE001  # a resolver's failure is a value here
        return error

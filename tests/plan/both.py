"""A named case: an operation run by plan and by graphql-core, whose answers have to be alike."""

from collections.abc import Callable, Mapping
from typing import Any

from graphql import ExecutionResult, GraphQLSchema, build_schema
from strawberry import Schema

from tests.plan.judging import Ready, plain
from tests.plan.operations import Asked

Resolvers = Mapping[str, Callable[..., Any]]


def schema_of(sdl: str, **types: Resolvers) -> GraphQLSchema:
    """Return a schema with resolvers, by types and fields; all others read from dicts, and attributes."""
    schema: Any = build_schema(sdl)
    for name, resolvers in types.items():
        for field, resolve in resolvers.items():
            schema.type_map[name].fields[field].resolve = resolve
    return schema  # type: ignore[no-any-return]  # build_schema's


def plain_schema(schema: Schema) -> GraphQLSchema:
    """Return graphql-core's schema of Strawberry's, which has no public name for it."""
    return schema._schema  # noqa: SLF001


def always(value: Any) -> Callable[..., Any]:
    """Return a resolver that returns the value; raises it, if it is an exception's class."""

    def resolve(*_: object, **__: object) -> Any:
        if isinstance(value, type) and issubclass(value, BaseException):
            raise value(value.__name__)
        return value

    return resolve


def answer(result: ExecutionResult | Any) -> Any:
    """Return what a client gets; errors without their locations, in the order of their paths."""
    assert isinstance(result, ExecutionResult), result
    data = plain(result.data)
    if not result.errors:
        return data
    return data, sorted(((list(error.path or ()), error.message) for error in result.errors), key=str)


async def both(
    schema: GraphQLSchema,
    text: str,
    variables: dict[str, Any] | None = None,
    context: Callable[[], Any] = lambda: None,
    name: str | None = None,
) -> Any:
    """Run both ways, each in a context of its own; returns the answer, as ``answer`` does."""
    ready = Ready.of(schema, Asked(text, variables or {}, name))
    planned, core = await ready.by_plan(context()), await ready.by_core(context())
    assert isinstance(planned, ExecutionResult)
    assert isinstance(core, ExecutionResult)
    assert repr(planned.data) == repr(core.data)
    assert sorted(map(repr, planned.errors or ())) == sorted(map(repr, core.errors or ()))
    return answer(planned)


async def by_plan(
    schema: GraphQLSchema, text: str, variables: dict[str, Any] | None = None, context: Any = None
) -> Any:
    """Run by plan alone, where graphql-core may say other things."""
    return answer(await Ready.of(schema, Asked(text, variables or {}, None)).by_plan(context))

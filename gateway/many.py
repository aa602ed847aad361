"""Resolvers of many parents at once: declared on the Strawberry field, and its ordinary resolver too.

    @strawberry.field(metadata=many(load_kpis))
    async def kpi(self, info, ...): return await alone(load_kpis, info.context, self, arguments)

A plan calls such a resolver once with all parents of a field; Strawberry's own executor calls it parent by parent.
A field that is only read from its parent says where: a plan reads all such fields of an object together.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from inspect import isawaitable
from typing import Any

ResolveMany = Callable[[Any, Sequence[Any], Mapping[str, Any]], Sequence[Any] | Awaitable[Sequence[Any]]]
"""Takes the operation's context, the parents, and the arguments by their published names, as GraphQL coerced them.

Returns a value for each parent; an exception in its place is that parent's failure.
"""

_KEY = "many"
_ASKS = "asks"
_PATH = "path"


def many(resolve: ResolveMany, *, asks: bool = False) -> dict[Any, Any]:
    """Return the metadata of a field that is resolved for many parents at once; ``asks``: of others, at a cost."""
    return {_KEY: resolve, _ASKS: asks}


def many_of(metadata: Mapping[Any, Any]) -> ResolveMany | None:
    """Return what a field's metadata says of resolving many at once."""
    return metadata.get(_KEY)


def asks(metadata: Mapping[Any, Any]) -> bool:
    """Whether a field's metadata says that others are asked for its values."""
    return bool(metadata.get(_ASKS))


def reading(path: str) -> dict[Any, Any]:
    """Return the metadata of a field that is an attribute of its parent, with dots; it never has to be awaited."""
    return {_PATH: path}


def path_of(metadata: Mapping[Any, Any]) -> str | None:
    """Return what a field's metadata says of where it is read."""
    return metadata.get(_PATH)


def one_each(values: Sequence[Any], count: int) -> Sequence[Any]:
    """Return the values of so many parents; raises if they are not as many."""
    if len(values) != count:
        raise ValueError(f"{len(values)} values for {count} parents")
    return values


async def alone(resolve: ResolveMany, context: Any, parent: Any, arguments: Mapping[str, Any]) -> Any:
    """Resolve one parent: returns its value, or raises its failure."""
    values = resolve(context, [parent], arguments)
    (value,) = one_each(await values if isawaitable(values) else values, 1)
    if isinstance(value, Exception):
        raise value
    return value

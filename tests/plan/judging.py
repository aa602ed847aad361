"""An operation run by plan and by graphql-core, and what is wrong if they differ."""

import asyncio
import inspect
from collections import Counter
from dataclasses import dataclass
from typing import Any, cast

import msgspec
from graphql import (
    DocumentNode,
    ExecutionResult,
    Executor,
    GraphQLError,
    GraphQLSchema,
    execute_root_selection_set,
    get_operation_ast,
    is_non_null_type,
    parse,
    validate,
)
from graphql.execution.executor import CollectedErrors
from graphql.pyutils import Path

from gateway.masking import public
from gateway.plan.operation import Operation
from tests.plan.operations import Asked

Place = tuple[str | int, ...]


class Failures(CollectedErrors):
    """All of them, those inside of what is null already too."""

    def has_nulled_position(self, start_path: Path | None) -> bool:  # noqa: ARG002  # one as well as another
        return False


class Teller(Executor[Any]):
    """graphql-core without propagation of errors: finds every failure, and where null may be."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.error_propagation = False
        self.collected_errors = Failures()
        self.nullable: dict[Place, bool] = {}

    def complete_value(self, return_type: Any, *others: Any) -> Any:
        self._note(return_type, others[2])
        return super().complete_value(return_type, *others)

    def handle_field_error(self, raw_error: Exception, return_type: Any, field_details_list: Any, path: Path) -> None:
        self._note(return_type, path)
        super().handle_field_error(raw_error, return_type, field_details_list, path)

    def _note(self, return_type: Any, path: Path) -> None:
        self.nullable.setdefault(tuple(path.as_list()), not is_non_null_type(return_type))

    def nulled(self, error: GraphQLError) -> Place | None:
        """Return the place that is null because of a failure; None: all of the data."""
        place = tuple(error.path or ())
        while place and not self.nullable[place]:
            place = place[:-1]
        return place or None


@dataclass(frozen=True, slots=True)
class Ready:
    """An operation of a schema that can be run, in a context of its own each time."""

    schema: GraphQLSchema
    document: DocumentNode
    asked: Asked
    operation: Operation

    @classmethod
    def of(cls, schema: GraphQLSchema, asked: Asked) -> "Ready":
        document = parse(asked.text)
        errors = validate(schema, document)
        assert not errors, (asked, errors)
        node = get_operation_ast(document, asked.name)
        assert node
        return cls(schema, document, asked, Operation(schema, document, node, hide_suggestions=True))

    async def by_plan(self, context: object) -> ExecutionResult | list[GraphQLError]:
        run = self.operation.run(self.asked.variables, context)
        if isinstance(run, list):
            return run
        result = self.operation.execute(run)
        told = await result if inspect.isawaitable(result) else result
        return ExecutionResult(plain(told.data), told.errors)

    async def by_core(self, context: object) -> ExecutionResult | list[GraphQLError]:
        return (await self._by(Executor, context))[1]

    async def by_teller(self, context: object) -> tuple[Any, Teller]:
        """Return the data with null only where something failed, and who knows of all that did."""
        teller, told = await self._by(Teller, context)
        assert isinstance(told, ExecutionResult)
        return told.data, teller

    async def _by(self, kind: type[Executor[Any]], context: object) -> tuple[Any, ExecutionResult | list[GraphQLError]]:
        executor = kind.build(
            self.schema,
            self.document,
            None,
            context,
            self.asked.variables,
            self.asked.name,
            max_coercion_errors=20,
            hide_suggestions=True,
        )
        if isinstance(executor, list):
            return None, executor
        result: Any = execute_root_selection_set(executor)
        told = await result if inspect.isawaitable(result) else result
        await asyncio.sleep(10)  # until all is done that nobody waits for any longer
        return executor, told


def plain(data: Any) -> Any:
    """Return data without rows, which are objects as a plan has them: as JSON they are the same."""
    if isinstance(data, msgspec.Struct):
        return {field.encode_name: plain(getattr(data, field.name)) for field in msgspec.structs.fields(data)}
    if isinstance(data, dict):
        return {name: plain(value) for name, value in data.items()}
    return [plain(item) for item in data] if isinstance(data, list) else data


def told(error: GraphQLError) -> str:
    """Return all that anyone could read of an error."""
    return repr((error.message, error.path, error.locations, error.extensions, public(error)))


def judge(planned: ExecutionResult, core: ExecutionResult, data: Any, teller: Teller) -> None:
    """Compare data, and errors as far as GraphQL says which there are.

    Where a failure makes something null that others fail in too, any one of them may be told, or several. So: each
    error is one of the failures that there are, and is told once; and for each place that failures made null, one at
    least is told that made it so. ``data`` and ``teller`` are what ``by_teller`` found.
    """
    assert repr(planned.data) == repr(core.data)
    places = {told(error): teller.nulled(error) for error in teller.collected_errors.errors}
    outermost = {place for place in places.values() if not _is_inside(place, set(places.values()))}
    assert repr(core.data) == repr(_nulled(data, outermost))
    for result in (planned, core):
        said = Counter(map(told, result.errors or ()))
        assert set(said) <= set(places)
        assert set(said.values()) <= {1}
        assert outermost <= {places[each] for each in said}


async def compared(ready: Ready, planned: ExecutionResult | list[GraphQLError], *contexts: object) -> ExecutionResult:
    """Compare with what graphql-core gives, in contexts of its own; returns that."""
    core = await ready.by_core(contexts[0])
    if isinstance(core, list) or isinstance(planned, list):
        assert list(map(repr, planned)) == list(map(repr, core))
        return ExecutionResult(None, cast("list[GraphQLError]", core))
    judge(planned, core, *await ready.by_teller(contexts[1]))
    return core


def _is_inside(place: Place | None, others: set[Place | None]) -> bool:
    if place is None:
        return False
    return None in others or any(place[:length] in others for length in range(1, len(place)))


def _nulled(data: Any, places: set[Place | None]) -> Any:
    for place in places:
        if place is None:
            return None
        *way, key = place
        inside = data
        for each in way:
            inside = inside[each]
        inside[key] = None
    return data

"""A document's way to something that can run: parsed, validated, its operation found; kept, if it was valid.

A document that was valid once costs nothing the next time: what is left is to coerce the variables, and to run.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from sys import getsizeof
from typing import Any

from cachetools import LRUCache
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    get_operation_ast,
)

from gateway.errors import Code, RequestRefused
from gateway.limits import Allowance, Bounds, Reach, too_deep
from gateway.many import asks
from gateway.parsing import BoundedParser, TooManySelections
from gateway.plan.operation import Operation
from gateway.plan.run import Run
from gateway.telemetry.tallies import OperationTally
from gateway.validation import validate

_STRAWBERRY = "strawberry-definition"
_ABORTED = "Parsing aborted."  # its last words about too many tokens, or comments
MEMORY = 64_000_000  # bytes, of all documents that are kept
_LEAST_MEMORY = 30_000  # of each of them, whatever it is
_MEMORY_OF_TOKEN = 450  # with all that is made of it, a plan among it
_MEMORY_OF_PLAN = 280  # and of each plan more, for each token
_COPIES = 2  # of the text: itself, and the values in it


@dataclass(frozen=True, slots=True)
class Known:
    """A valid operation, how far it can go, its document's tokens, and the bytes that it counts for when kept."""

    operation: Operation
    reach: Reach
    tokens: int
    size: int


class Documents:
    """Makes documents runnable on one schema; without introspection no name of it is suggested either.

    ``memory`` (bytes) bounds all that are kept.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        *,
        introspection: bool,
        bounds: Bounds,
        tally: OperationTally | None = None,
        memory: int = MEMORY,
    ) -> None:
        self._schema = schema
        self._tally = tally or OperationTally()
        self._bounds = bounds
        self._introspection = introspection
        self._asking = _asking(schema)
        self._trusted: Mapping[tuple[str, str | None], Known] = {}
        self._kept: LRUCache[tuple[str, str | None], Known] = LRUCache(memory, lambda kept: kept.size)

    @property
    def asking(self) -> set[str]:
        """The names of fields whose values others are asked for."""
        return self._asking

    def operation(self, text: str, name: str | None, allowance: Allowance, *, queries_only: bool) -> Known:
        """Return the operation of that name; RequestRefused: 400 for no GraphQL, 422 for too much or not valid.

        ``queries_only``: 405 for any other operation, valid or not.
        """
        if trusted := self._trusted.get((text, name)):
            self._tally.planned(known=True)
            _judge_kind(trusted.operation.node, queries_only=queries_only)
            return trusted
        if kept := self._kept.get((text, name)):
            self._tally.planned(known=True)
            _judge_kind(kept.operation.node, queries_only=queries_only)
            allowance.take_ready(text, name, kept.tokens, kept.reach.selections)
            return kept
        self._tally.planned(known=False)
        known = self._made(text, name, allowance, queries_only=queries_only)
        allowance.note_ready(text, name)
        if known.size <= self._kept.maxsize:
            self._kept[text, name] = known
        return known

    def trust(self, known: Mapping[tuple[str, str | None], Known]) -> None:
        """Keep operations for good, in place of those that were kept so before."""
        self._trusted = known
        self._tally.trust(each.operation.name for each in known.values())

    def prepared(self, text: str) -> dict[tuple[str, str | None], Known]:
        """Return the operations of a document by what they are asked for; RequestRefused where one cannot be run."""
        definitions = self._parsed(text, Allowance(self._bounds)).definitions
        nodes = [each for each in definitions if isinstance(each, OperationDefinitionNode)]
        names: list[str | None] = [node.name.value for node in nodes if node.name]
        if len(nodes) < 2:
            names.append(None)
        known = {(text, name): self._made(text, name, Allowance(self._bounds), queries_only=False) for name in names}
        for each in known.values():
            each.operation.plan()
        return known

    def _made(self, text: str, name: str | None, allowance: Allowance, *, queries_only: bool) -> Known:
        document = self._parsed(text, allowance)
        node = get_operation_ast(document, name)
        reach = self._bounds.judge(document, node, self._asking)
        allowance.selections.take(reach.selections)
        _judge_kind(node, queries_only=queries_only)
        validate(self._schema, document, introspection=self._introspection)
        if node is None:
            raise RequestRefused(422, Code.OPERATION_RESOLUTION_FAILURE, _which(name))
        operation = Operation(self._schema, document, node, hide_suggestions=not self._introspection)
        tokens = document.token_count
        of_token = _MEMORY_OF_TOKEN + _MEMORY_OF_PLAN * (operation.most_plans - 1)
        return Known(operation, reach, tokens, _LEAST_MEMORY + of_token * tokens + _COPIES * getsizeof(text))

    def run(self, known: Known, variables: dict[str, Any], context: object, allowance: Allowance) -> Run:
        """Return a run of the operation; RequestRefused (422) when a variable does not fit, or is too much."""
        self._bounds.judge_lists(variables)
        allowance.take(known.reach, variables)
        run = known.operation.run(variables, context)
        if isinstance(run, list):
            raise RequestRefused(422, Code.BAD_USER_INPUT, "A variable is not valid.", run)
        return run

    def _parsed(self, text: str, allowance: Allowance) -> DocumentNode:
        self._bounds.judge_text(text)
        tokens, selections = allowance.tokens.left, allowance.selections.left
        parser = BoundedParser(text, tokens=tokens, comments=tokens, selections=selections)
        try:
            document = parser.parse_document()
        except GraphQLError as error:
            has_too_many = error.message.endswith(_ABORTED)
            allowance.tokens.take(tokens + 1 if has_too_many else min(tokens, parser.token_count))
            raise RequestRefused(400, Code.GRAPHQL_PARSE_FAILED, error.message, [error]) from error
        except (RecursionError, TooManySelections) as error:
            allowance.tokens.take(min(tokens, parser.token_count))
            if isinstance(error, TooManySelections):
                allowance.selections.take(selections + 1)
            raise too_deep() from error
        allowance.tokens.take(document.token_count)
        self._bounds.judge_name(parser.longest_name)
        return document


def _asking(schema: GraphQLSchema) -> set[str]:
    """Return the names of fields whose values others are asked for."""
    types = (type_ for type_ in schema.type_map.values() if isinstance(type_, GraphQLObjectType))
    fields = (each for type_ in types for each in type_.fields.items())
    return {name for name, field in fields if (of := field.extensions.get(_STRAWBERRY)) and asks(of.metadata)}


def _judge_kind(node: OperationDefinitionNode | None, *, queries_only: bool) -> None:
    if queries_only and node and node.operation is not OperationType.QUERY:
        raise RequestRefused(405, Code.BAD_REQUEST, "A GET runs queries only.")


def _which(name: str | None) -> str:
    if name is None:
        return "The document has no single operation: say which with operationName."
    return f'The document has no operation named "{name}".'

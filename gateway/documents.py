"""A document's way to something that can run: parsed, validated, its operation found; kept, if it was valid.

A document that was valid once costs nothing the next time: what is left is to coerce the variables, and to run.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cachetools import LRUCache
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    ValidationRule,
    get_operation_ast,
    parse,
    specified_rules,
    validate,
)
from graphql.validation.validate import ValidationAbortedError

from gateway.errors import Code, RequestRefused
from gateway.limits import Bounds, Reach, too_many_tokens
from gateway.many import asks
from gateway.plan.operation import Operation
from gateway.plan.run import Run

_STRAWBERRY = "strawberry-definition"
_ABORTED = "Parsing aborted."  # graphql-core's last words about too many tokens
_MAX_ERRORS = 20
_MOST_TEXT = 4_000_000  # characters, of all documents that are kept: what is made of one takes a hundred times as much
_LEAST_TEXT = 4_000  # that each of them counts for: so there are a thousand at most


@dataclass(frozen=True, slots=True)
class Known:
    """A valid operation, how far it can go, and the characters that it counts for where it is kept."""

    operation: Operation
    reach: Reach
    size: int


class _NoIntrospection(ValidationRule):
    """Refuses ``__schema`` and ``__type``; ``__typename`` is no introspection."""

    def enter_field(self, node: FieldNode, *_: object) -> None:
        if node.name.value in {"__schema", "__type"}:
            self.report_error(
                GraphQLError(
                    "Introspection is off here; the setting is GATEWAY_INTROSPECTION.",
                    node,
                    extensions={"code": Code.INTROSPECTION_DISABLED},
                )
            )


class Documents:
    """Makes documents runnable on one schema; without introspection no name of it is suggested either."""

    def __init__(self, schema: GraphQLSchema, *, introspection: bool, bounds: Bounds) -> None:
        self._schema = schema
        self._bounds = bounds
        self._rules = specified_rules if introspection else (*specified_rules, _NoIntrospection)
        self._hide_suggestions = not introspection
        self._asking = _asking(schema)
        self._trusted: Mapping[tuple[str, str | None], Known] = {}
        self._kept: LRUCache[tuple[str, str | None], Known] = LRUCache(_MOST_TEXT, lambda kept: kept.size)

    def operation(self, text: str, name: str | None, *, queries_only: bool) -> Known:
        """Return the operation of that name; RequestRefused: 400 for no GraphQL, 422 for too much or not valid.

        ``queries_only``: 405 for any other operation, valid or not.
        """
        if kept := self._kept.get((text, name)) or self._trusted.get((text, name)):
            return kept
        known = self._made(text, name, queries_only=queries_only)
        if known.size <= _MOST_TEXT:
            self._kept[text, name] = known
        return known

    def trust(self, known: Mapping[tuple[str, str | None], Known]) -> None:
        """Keep operations for good, in place of those that were kept so before."""
        self._trusted = known

    def prepared(self, text: str) -> dict[tuple[str, str | None], Known]:
        """Return the operations of a document by what they are asked for; RequestRefused where one cannot be run."""
        nodes = [each for each in self._parsed(text).definitions if isinstance(each, OperationDefinitionNode)]
        names: list[str | None] = [node.name.value for node in nodes if node.name]
        if len(nodes) < 2:
            names.append(None)
        known = {(text, name): self._made(text, name, queries_only=False) for name in names}
        for each in known.values():
            each.operation.plan()
        return known

    def _made(self, text: str, name: str | None, *, queries_only: bool) -> Known:
        document = self._parsed(text)
        reach = self._bounds.judge(document, self._asking)
        node = get_operation_ast(document, name)
        if queries_only and node and node.operation is not OperationType.QUERY:
            raise RequestRefused(405, Code.BAD_REQUEST, "A GET runs queries only.")
        self._validate(document)
        if node is None:
            raise RequestRefused(422, Code.OPERATION_RESOLUTION_FAILURE, _which(name))
        operation = Operation(self._schema, document, node, hide_suggestions=self._hide_suggestions)
        return Known(operation, reach, max(len(text), _LEAST_TEXT))

    def run(self, known: Known, variables: dict[str, Any], context: object) -> Run:
        """Return a run of the operation; RequestRefused (422) when a variable does not fit, or is too long a list."""
        self._bounds.judge_lists(variables)
        run = known.operation.run(variables, context)
        if isinstance(run, list):
            raise RequestRefused(422, Code.BAD_USER_INPUT, "A variable is not valid.", run)
        return run

    def _parsed(self, text: str) -> DocumentNode:
        most = self._bounds.tokens
        try:
            return parse(text, max_lexical_tokens=most, max_comments=most)
        except GraphQLError as error:
            if error.message.endswith(_ABORTED):
                raise too_many_tokens(most) from error
            raise RequestRefused(400, Code.GRAPHQL_PARSE_FAILED, error.message, [error]) from error

    def _validate(self, document: DocumentNode) -> None:
        errors = validate(self._schema, document, self._rules, _MAX_ERRORS, hide_suggestions=self._hide_suggestions)
        if errors and isinstance(errors[0], ValidationAbortedError):
            raise RequestRefused(422, Code.REQUEST_LIMIT_EXCEEDED, "The document is too large to be validated.")
        if errors:
            raise RequestRefused(422, Code.GRAPHQL_VALIDATION_FAILED, "The document is not valid.", errors)


def _asking(schema: GraphQLSchema) -> set[str]:
    """Return the names of fields whose values others are asked for."""
    types = (type_ for type_ in schema.type_map.values() if isinstance(type_, GraphQLObjectType))
    fields = (each for type_ in types for each in type_.fields.items())
    return {name for name, field in fields if (of := field.extensions.get(_STRAWBERRY)) and asks(of.metadata)}


def _which(name: str | None) -> str:
    if name is None:
        return "The document has no single operation: say which with operationName."
    return f'The document has no operation named "{name}".'

"""A document's way to something that can run: parsed, validated, its operation found; kept, if it was valid.

A document that was valid once costs nothing the next time: what is left is to coerce the variables, and to run.
"""

from dataclasses import dataclass
from typing import Any

from cachetools import LRUCache
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    OperationType,
    ValidationRule,
    get_operation_ast,
    parse,
    specified_rules,
    validate,
)
from graphql.validation.validate import ValidationAbortedError

from gateway.errors import Code, RequestRefused
from gateway.plan.operation import Operation
from gateway.plan.run import Run

_MAX_ERRORS = 20
_MOST_TEXT = 4_000_000  # characters, of all documents that are kept: what is made of one takes a hundred times as much
_LEAST_TEXT = 4_000  # that each of them counts for: so there are a thousand at most


@dataclass(frozen=True, slots=True)
class _Kept:
    """An operation, and the characters that it counts for."""

    operation: Operation
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

    def __init__(self, schema: GraphQLSchema, *, introspection: bool) -> None:
        self._schema = schema
        self._rules = specified_rules if introspection else (*specified_rules, _NoIntrospection)
        self._hide_suggestions = not introspection
        self._kept: LRUCache[tuple[str, str | None], _Kept] = LRUCache(_MOST_TEXT, lambda kept: kept.size)

    def operation(self, text: str, name: str | None, *, queries_only: bool) -> Operation:
        """Return the operation of that name; RequestRefused (400) for what is not GraphQL, 422 for what is not valid.

        ``queries_only``: 405 for any other operation, valid or not.
        """
        if kept := self._kept.get((text, name)):
            return kept.operation
        document = _parsed(text)
        node = get_operation_ast(document, name)
        if queries_only and node and node.operation is not OperationType.QUERY:
            raise RequestRefused(405, Code.BAD_REQUEST, "A GET runs queries only.")
        self._validate(document)
        if node is None:
            raise RequestRefused(422, Code.OPERATION_RESOLUTION_FAILURE, _which(name))
        operation = Operation(self._schema, document, node, hide_suggestions=self._hide_suggestions)
        size = max(len(text), _LEAST_TEXT)
        if size <= _MOST_TEXT:
            self._kept[text, name] = _Kept(operation, size)
        return operation

    def run(self, operation: Operation, variables: dict[str, Any], context: object) -> Run:
        """Return a run of the operation; RequestRefused (422) when a variable does not fit."""
        run = operation.run(variables, context)
        if isinstance(run, list):
            raise RequestRefused(422, Code.BAD_USER_INPUT, "A variable is not valid.", run)
        return run

    def _validate(self, document: DocumentNode) -> None:
        errors = validate(self._schema, document, self._rules, _MAX_ERRORS, hide_suggestions=self._hide_suggestions)
        if errors and isinstance(errors[0], ValidationAbortedError):
            raise RequestRefused(422, Code.REQUEST_LIMIT_EXCEEDED, "The document is too large to be validated.")
        if errors:
            raise RequestRefused(422, Code.GRAPHQL_VALIDATION_FAILED, "The document is not valid.", errors)


def _parsed(text: str) -> DocumentNode:
    try:
        return parse(text)
    except GraphQLError as error:
        raise RequestRefused(400, Code.GRAPHQL_PARSE_FAILED, error.message, [error]) from error


def _which(name: str | None) -> str:
    if name is None:
        return "The document has no single operation: say which with operationName."
    return f'The document has no operation named "{name}".'

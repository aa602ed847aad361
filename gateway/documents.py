"""A document's way to something that can run: parsed, validated, its operation found, its variables coerced."""

from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    Executor,
    FieldNode,
    GraphQLError,
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

_MAX_ERRORS = 20


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed document and the operation in it that is asked for; None where that cannot be told."""

    node: DocumentNode
    operation: OperationDefinitionNode | None
    operation_name: str | None

    @property
    def is_query(self) -> bool:
        return self.operation is None or self.operation.operation is OperationType.QUERY


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

    def read(self, text: str, operation_name: str | None) -> Document:
        """Parse; RequestRefused (400) for what is not GraphQL."""
        try:
            node = parse(text)
        except GraphQLError as error:
            raise RequestRefused(400, Code.GRAPHQL_PARSE_FAILED, error.message, [error]) from error
        return Document(node, get_operation_ast(node, operation_name), operation_name)

    def executor(self, document: Document, variables: dict[str, Any], context: object) -> Executor[Any]:
        """Return what executes the operation; RequestRefused (422) when the document or a variable is not valid."""
        self._validate(document)
        executor = Executor.build(
            self._schema,
            document.node,
            context_value=context,
            raw_variable_values=variables,
            operation_name=document.operation_name,
            max_coercion_errors=_MAX_ERRORS,
            hide_suggestions=self._hide_suggestions,
        )
        if isinstance(executor, list):
            raise RequestRefused(422, Code.BAD_USER_INPUT, "A variable is not valid.", executor)
        return executor

    def _validate(self, document: Document) -> None:
        errors = validate(
            self._schema, document.node, self._rules, _MAX_ERRORS, hide_suggestions=self._hide_suggestions
        )
        if errors and isinstance(errors[0], ValidationAbortedError):
            raise RequestRefused(422, Code.REQUEST_LIMIT_EXCEEDED, "The document is too large to be validated.")
        if errors:
            raise RequestRefused(422, Code.GRAPHQL_VALIDATION_FAILED, "The document is not valid.", errors)
        if document.operation is None:
            raise RequestRefused(422, Code.OPERATION_RESOLUTION_FAILURE, _which(document))


def _which(document: Document) -> str:
    if document.operation_name is None:
        return "The document has no single operation: say which with operationName."
    return f'The document has no operation named "{document.operation_name}".'

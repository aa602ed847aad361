"""Validation by graphql-core's rules, in bounded time, and so that nothing is left of it for the collector."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    Node,
    OverlappingFieldsCanBeMergedRule,
    ParallelVisitor,
    TypeInfo,
    TypeInfoVisitor,
    ValidationContext,
    ValidationRule,
    Visitor,
    specified_rules,
    visit,
)
from graphql.language.visitor import EnterLeaveVisitor
from graphql.pyutils import RefMap
from graphql.validation.validate import ValidationAbortedError, query_document_keys_to_validate
from graphql.validation.validation_context import NodeWithSelectionSet, VariableUsage, VariableUsageVisitor

from gateway.errors import Code, RequestRefused

_Step = tuple[int, Callable[..., Any]]
_WAYS = {
    kind: tuple(key for key in keys if key not in {"name", "alias"})  # no rule has anything to say of a name itself
    for kind, keys in query_document_keys_to_validate.items()
}
_MOST_ERRORS = 20
_MOST_STEPS = 5000  # of comparing fields that have the same name in the answer, each with each


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


class _FewComparisons(OverlappingFieldsCanBeMergedRule):
    """Gives up sooner than it does by itself: after what takes milliseconds, not seconds."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self.rule_context.remaining_complexity_budget = _MOST_STEPS


class _Context(ValidationContext):
    """Keeps what it finds out by the nodes themselves: as a dict's key, each is gone through to its leaves."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._variable_usages = RefMap()  # type: ignore[assignment]  # in all that is asked of it
        self._recursive_variable_usages = RefMap()  # type: ignore[assignment]  # as above

    def get_variable_usages(self, node: NodeWithSelectionSet) -> list[VariableUsage]:
        usages = self._variable_usages.get(node)
        if usages is None:
            visitor = VariableUsageVisitor(self._type_info, node if isinstance(node, FragmentDefinitionNode) else None)
            _visit(node, self._type_info, visitor)
            self._variable_usages[node] = usages = visitor.usages
        return usages


@lru_cache(maxsize=1000)
def _concerned(rules: tuple[type, ...], on: str, kind: str) -> list[tuple[int, str]]:
    """Return the rules, by their numbers, that have a method for a kind of node, and which."""
    names = (next((name for name in (f"{on}_{kind}", on) if hasattr(rule, name)), None) for rule in rules)
    return [(number, name) for number, name in enumerate(names) if name]


class _Beside(ParallelVisitor):
    """Asks at each node those rules alone that have something to say of its kind."""

    def __init__(self, visitors: Sequence[Visitor]) -> None:
        super().__init__(visitors)
        self._rules = visitors
        self._left_out: dict[int, list[int]] = {}  # visitors by the node that they do not go into

    def get_enter_leave_for_kind(self, kind: str) -> EnterLeaveVisitor:
        if kind not in self.enter_leave_map:
            rules = tuple(map(type, self._rules))
            entering, leaving = (
                [(number, getattr(self._rules[number], name)) for number, name in _concerned(rules, on, kind)]
                for on in ("enter", "leave")
            )
            self.enter_leave_map[kind] = self._of_kind(entering, leaving)
        return self.enter_leave_map[kind]

    def _of_kind(self, entering: Sequence[_Step], leaving: Sequence[_Step]) -> EnterLeaveVisitor:
        skipping, left_out = self.skipping, self._left_out

        def enter(node: Node, *args: Any) -> None:
            for number, step in entering:
                if skipping[number] is None and step(node, *args) is not None:  # it does not go into this one
                    skipping[number] = node
                    left_out.setdefault(id(node), []).append(number)

        def leave(node: Node, *args: Any) -> None:
            for number, step in leaving:
                if skipping[number] is None:
                    step(node, *args)
            for number in left_out.pop(id(node), ()):
                skipping[number] = None

        return EnterLeaveVisitor(enter if entering else None, leave if entering or leaving else None)


_OPEN = [_FewComparisons if rule is OverlappingFieldsCanBeMergedRule else rule for rule in specified_rules]
_CLOSED = [*_OPEN, _NoIntrospection]


def validate(schema: GraphQLSchema, document: DocumentNode, *, introspection: bool) -> None:
    """RequestRefused (422) for a document that is not valid; without introspection no name is suggested."""
    errors: list[GraphQLError] = []

    def report(error: GraphQLError) -> None:
        if len(errors) == _MOST_ERRORS:
            raise ValidationAbortedError("There are more errors.")
        errors.append(error)

    type_info = TypeInfo(schema)
    context = _Context(schema, document, type_info, report, hide_suggestions=not introspection)
    try:
        _visit(document, type_info, *(rule(context) for rule in (_OPEN if introspection else _CLOSED)))
    except (ValidationAbortedError, RecursionError):
        if not errors:
            raise _too_much() from None
    if errors:
        raise RequestRefused(422, Code.GRAPHQL_VALIDATION_FAILED, "The document is not valid.", errors)


def _visit(node: Node, type_info: TypeInfo, *visitors: Visitor) -> None:
    """Visit a node; visitors keep methods of their own, which would be rings."""
    beside = _Beside(visitors)
    visitor = TypeInfoVisitor(type_info, beside)
    try:
        visit(node, visitor, _WAYS)
    finally:
        for each in (visitor, beside, *visitors):
            each.enter_leave_map.clear()


def _too_much() -> RequestRefused:
    told = f"The document cannot be validated with {_MOST_STEPS} comparisons of fields that have the same name."
    return RequestRefused(422, Code.REQUEST_LIMIT_EXCEEDED, told)

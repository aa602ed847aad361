"""Validation by graphql-core's rules, in bounded time, and so that nothing is left of it for the collector."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    Node,
    OverlappingFieldsCanBeMergedRule,
    TypeInfo,
    ValidationContext,
    ValidationRule,
    Visitor,
    specified_rules,
)
from graphql.pyutils import RefMap
from graphql.validation.validate import ValidationAbortedError, query_document_keys_to_validate
from graphql.validation.validation_context import NodeWithSelectionSet, VariableUsage, VariableUsageVisitor

from gateway.errors import Code, RequestRefused

_Step = tuple[int, Callable[..., Any]]
WAYS = {
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
        self._fragment_spreads = RefMap()  # type: ignore[assignment]  # as below
        self._variable_usages = RefMap()  # type: ignore[assignment]  # in all that is asked of it
        self._recursive_variable_usages = RefMap()  # type: ignore[assignment]  # as above

    def get_variable_usages(self, node: NodeWithSelectionSet) -> list[VariableUsage]:
        usages = self._variable_usages.get(node)
        if usages is None:
            visitor = VariableUsageVisitor(self._type_info, node if isinstance(node, FragmentDefinitionNode) else None)
            Walk(self._type_info, [visitor]).through(node)
            self._variable_usages[node] = usages = visitor.usages
        return usages


@lru_cache(maxsize=1000)
def _concerned(rules: tuple[type, ...], on: str, kind: str) -> list[tuple[int, str]]:
    """Return the rules, by their numbers, that have a method for a kind of node, and which."""
    names = (next((name for name in (f"{on}_{kind}", on) if getattr(rule, name, None)), None) for rule in rules)
    return [(number, name) for number, name in enumerate(names) if name]


class _Kind(NamedTuple):
    """What is done at a node of a kind: its types are looked up and left, rules are asked, each by its number."""

    types_in: Callable[[Any], None] | None
    entering: Sequence[_Step]
    ways: Sequence[str]
    leaving: Sequence[_Step]
    types_out: Callable[[], None] | None


class Walk:
    """Goes through a document; at each node those rules alone are asked that have something to say of its kind.

    ``visit`` of graphql-core can change what it visits, which costs as much as the rules do.
    """

    def __init__(self, type_info: TypeInfo, rules: Sequence[Visitor]) -> None:
        self._type_info = type_info
        self._rules = rules
        self._types = tuple(map(type, rules))
        self._kinds: dict[str, _Kind] = {}
        self._path: list[str | int] = []
        self._ancestors: list[Any] = []
        self._left_out: dict[int, Node] = {}  # rules, and the node that they do not go into

    def through(self, node: Node, key: str | int | None = None, parent: Any = None) -> None:
        known = self._kinds.get(node.kind) or self._known(node.kind)
        where = key, parent, self._path, self._ancestors
        left_out = self._left_out
        if known.types_in:
            known.types_in(node)
        for number, step in known.entering:
            if number not in left_out and step(node, *where) is not None:
                left_out[number] = node
        if known.ways:
            self._into(node, parent, known.ways)
        for number, step in known.leaving:
            if number not in left_out:
                step(node, *where)
        if left_out:
            for number in [number for number, each in left_out.items() if each is node]:
                del left_out[number]
        if known.types_out:
            known.types_out()

    def _into(self, node: Node, parent: Any, ways: Sequence[str]) -> None:
        path, ancestors = self._path, self._ancestors
        if parent is not None:
            ancestors.append(parent)
        for way in ways:
            child = getattr(node, way)
            if child is None:
                continue
            path.append(way)
            if isinstance(child, Node):
                self.through(child, way, node)
            else:
                ancestors.append(node)
                for number, each in enumerate(child):
                    path.append(number)
                    self.through(each, number, child)
                    path.pop()
                ancestors.pop()
            path.pop()
        if parent is not None:
            ancestors.pop()

    def _known(self, kind: str) -> _Kind:
        entering, leaving = (
            [(number, getattr(self._rules[number], name)) for number, name in _concerned(self._types, on, kind)]
            for on in ("enter", "leave")
        )
        types_in, types_out = (getattr(self._type_info, f"{on}_{kind}", None) for on in ("enter", "leave"))
        self._kinds[kind] = known = _Kind(types_in, entering, WAYS.get(kind, ()), leaving, types_out)
        return known


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
        Walk(type_info, [rule(context) for rule in (_OPEN if introspection else _CLOSED)]).through(document)
    except (ValidationAbortedError, RecursionError):
        if not errors:
            raise _too_much() from None
    if errors:
        raise RequestRefused(422, Code.GRAPHQL_VALIDATION_FAILED, "The document is not valid.", errors)


def _too_much() -> RequestRefused:
    told = f"The document cannot be validated with {_MOST_STEPS} comparisons of fields that have the same name."
    return RequestRefused(422, Code.REQUEST_LIMIT_EXCEEDED, told)

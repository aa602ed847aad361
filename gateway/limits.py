"""What may be asked: bounds of a document, judged before it is validated, and of the lists that come with a request.

Each refusal names the bound, what was asked, and the setting.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    Visitor,
    visit,
)

from gateway.errors import Code, RequestRefused

_INTROSPECTION = {"__schema", "__type"}


_MOST_DIRECTIVES = 100  # of an operation, fragments spread out


class Reach(NamedTuple):
    """How far a document can go: at most so many fields of an operation ask for KPIs, of lists at most so long."""

    fields: int = 0
    longest: int = 1


@dataclass(frozen=True, slots=True)
class Bounds:
    """``tokens`` of a document; ``depth`` of fields and ``aliases`` of an operation, fragments spread out.

    ``customers``: items of any list. ``kpis``: customers and periods that an operation asks for, each pair once.
    Introspection, which is deep, has its own switch: its depth is not counted.
    """

    tokens: int = 2000
    depth: int = 12
    aliases: int = 30
    customers: int = 200
    kpis: int = 500

    def judge(self, document: DocumentNode, asking: Collection[str] = ()) -> Reach:
        """RequestRefused (422) for a document that is too much, whichever of its operations is to run.

        Returns its reach, where fields of the names ``asking`` are those that ask for KPIs.
        """
        shapes, fields = _Shapes(document, asking), 0
        for definition in document.definitions:
            if isinstance(definition, OperationDefinitionNode):
                shape = shapes.of(definition.selection_set)
                directives = shape.directives + len(definition.directives or ())
                _refuse("fields, one within the other", shape.depth, self.depth, "MAX_DEPTH")
                _refuse("aliases, fragments spread out", shape.aliases, self.aliases, "MAX_ALIASES")
                _refuse("directives, fragments spread out", directives, _MOST_DIRECTIVES)
                fields = max(fields, shape.asking)
        longest = _Longest()
        visit(document, longest)
        _refuse("items in a list", longest.list, self.customers, "MAX_CUSTOMERS")
        return Reach(fields, max(1, longest.list))

    def judge_lists(self, variables: Mapping[str, Any]) -> None:
        """RequestRefused (422) for a variable that is too long a list."""
        for name, value in variables.items():
            if type(value) is list and len(value) > self.customers:
                _refuse(f"items in the variable ${name}", len(value), self.customers, "MAX_CUSTOMERS")

    def may_exceed(self, reach: Reach, variables: Mapping[str, Any]) -> bool:
        """Whether an operation may ask for more KPIs than are allowed: then they are to be counted."""
        if reach.fields * self.customers <= self.kpis:
            return False
        longest = max((len(value) for value in variables.values() if type(value) is list), default=1)
        return reach.fields * max(reach.longest, longest) > self.kpis

    def judge_kpis(self, asked: int) -> None:
        """RequestRefused (422) for an operation that asks for too many KPIs."""
        _refuse("KPIs, each customer and period counted once", asked, self.kpis, "MAX_KPIS")


def too_many_tokens(most: int) -> RequestRefused:
    """Return the refusal of a document that was not read to its end."""
    return _refusal(f"The document has more than {most} tokens", most, "MAX_TOKENS")


def _refuse(what: str, asked: int, most: int, setting: str = "") -> None:
    if asked > most:
        raise _refusal(f"{asked} {what}", most, setting)


def _refusal(told: str, most: int, setting: str) -> RequestRefused:
    named = f" (GATEWAY_{setting})" if setting else ""
    return RequestRefused(422, Code.REQUEST_LIMIT_EXCEEDED, f"{told}: at most {most}{named}.")


class _Shape(NamedTuple):
    """What there is of a selection; ``depth`` in fields, the others as many as there are."""

    depth: int = 0
    aliases: int = 0
    directives: int = 0
    asking: int = 0

    def beside(self, other: "_Shape") -> "_Shape":
        return _Shape(
            max(self.depth, other.depth),
            self.aliases + other.aliases,
            self.directives + other.directives,
            self.asking + other.asking,
        )


class _Shapes:
    """Shapes of selections; a fragment's is found out once, however often it is spread."""

    def __init__(self, document: DocumentNode, asking: Collection[str]) -> None:
        self._fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        self._asking = asking
        self._known: dict[str, _Shape] = {}

    def of(self, selections: SelectionSetNode | None) -> _Shape:
        shape = _Shape()
        for selection in selections.selections if selections else ():
            if isinstance(selection, FragmentSpreadNode):
                each = self._of_fragment(selection.name.value)
            elif isinstance(selection, FieldNode):
                each = self._of_field(selection)
            else:
                each = self.of(cast("InlineFragmentNode", selection).selection_set)
            shape = shape.beside(each).beside(_Shape(directives=len(selection.directives or ())))
        return shape

    def _of_field(self, field: FieldNode) -> _Shape:
        name, within = field.name.value, self.of(field.selection_set)
        depth = 0 if name in _INTROSPECTION else within.depth + 1
        return within._replace(depth=depth).beside(_Shape(0, bool(field.alias), 0, name in self._asking))

    def _of_fragment(self, name: str) -> _Shape:
        if name not in self._known:
            self._known[name] = _Shape()  # one that spreads itself is told by validation
            fragment = self._fragments.get(name)
            if fragment:
                directives = _Shape(directives=len(fragment.directives or ()))
                self._known[name] = self.of(fragment.selection_set).beside(directives)
        return self._known[name]


class _Longest(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.list = 0

    def enter_list_value(self, node: ListValueNode, *_: object) -> None:
        self.list = max(self.list, len(node.values))

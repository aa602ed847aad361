"""What may be asked: bounds of a document, judged before it is validated, and of the lists that come with a request.

Each refusal names the bound, what was asked, and the setting.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

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


@dataclass(frozen=True, slots=True)
class Bounds:
    """``tokens`` of a document; ``depth`` of fields and ``aliases`` of an operation, fragments spread out.

    ``customers``: items of any list. Introspection, which is deep, has its own switch: its depth is not counted.
    """

    tokens: int = 2000
    depth: int = 12
    aliases: int = 30
    customers: int = 200

    def judge(self, document: DocumentNode) -> None:
        """RequestRefused (422) for a document that is too much, whichever of its operations is to run."""
        shapes = _Shapes(document)
        for definition in document.definitions:
            if isinstance(definition, OperationDefinitionNode):
                depth, aliases = shapes.of(definition.selection_set)
                _refuse("fields, one within the other", depth, self.depth, "MAX_DEPTH")
                _refuse("aliases, fragments spread out", aliases, self.aliases, "MAX_ALIASES")
        longest = _Longest()
        visit(document, longest)
        _refuse("items in a list", longest.list, self.customers, "MAX_CUSTOMERS")

    def judge_lists(self, variables: Mapping[str, Any]) -> None:
        """RequestRefused (422) for a variable that is too long a list."""
        for name, value in variables.items():
            if type(value) is list and len(value) > self.customers:
                _refuse(f"items in the variable ${name}", len(value), self.customers, "MAX_CUSTOMERS")


def too_many_tokens(most: int) -> RequestRefused:
    """Return the refusal of a document that was not read to its end."""
    return _refusal(f"The document has more than {most} tokens", most, "MAX_TOKENS")


def _refuse(what: str, asked: int, most: int, setting: str) -> None:
    if asked > most:
        raise _refusal(f"{asked} {what}", most, setting)


def _refusal(told: str, most: int, setting: str) -> RequestRefused:
    return RequestRefused(422, Code.REQUEST_LIMIT_EXCEEDED, f"{told}: at most {most} (GATEWAY_{setting}).")


class _Shapes:
    """Depth and aliases of selections; a fragment's are found out once, however often it is spread."""

    def __init__(self, document: DocumentNode) -> None:
        self._fragments = {
            definition.name.value: definition.selection_set
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        self._known: dict[str, tuple[int, int]] = {}

    def of(self, selections: SelectionSetNode | None) -> tuple[int, int]:
        """Return how deep the fields go, and how many aliases there are."""
        depth = aliases = 0
        for selection in selections.selections if selections else ():
            if isinstance(selection, FragmentSpreadNode):
                deep, more = self._of_fragment(selection.name.value)
            elif isinstance(selection, FieldNode):
                deep, more = self._of_field(selection)
            else:
                deep, more = self.of(cast("InlineFragmentNode", selection).selection_set)
            depth, aliases = max(depth, deep), aliases + more
        return depth, aliases

    def _of_field(self, field: FieldNode) -> tuple[int, int]:
        deep, aliases = self.of(field.selection_set)
        return 0 if field.name.value in _INTROSPECTION else deep + 1, aliases + bool(field.alias)

    def _of_fragment(self, name: str) -> tuple[int, int]:
        if name not in self._known:
            self._known[name] = 0, 0  # one that spreads itself is told by validation
            self._known[name] = self.of(self._fragments.get(name))
        return self._known[name]


class _Longest(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.list = 0

    def enter_list_value(self, node: ListValueNode, *_: object) -> None:
        self.list = max(self.list, len(node.values))

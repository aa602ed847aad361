"""What there is of a document: its selections, fragments spread out, counted in one step through each of them."""

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    ListTypeNode,
    ListValueNode,
    Node,
    NonNullTypeNode,
    OperationDefinitionNode,
    SelectionSetNode,
    TokenKind,
    VariableNode,
)
from graphql.language.ast import QUERY_DOCUMENT_KEYS

INTROSPECTION = {"__schema", "__type"}
EACH = ""
"""In counts of objects by variable: those that are there whatever the variables are."""

Objects = Mapping[str, int]
"""How many objects there are for each item of a variable, by its name."""

NO_OBJECTS: Objects = {}

_WITHOUT_VALUES = {"alias", "description", "name", "type", "type_condition", "variable"}
_WAYS_TO_LISTS = {
    kind: [key for key in keys if key not in _WITHOUT_VALUES] for kind, keys in QUERY_DOCUMENT_KEYS.items()
}


class TooDeep(Exception):
    """Selections are too many within each other."""


class Shape(NamedTuple):
    """``depth`` in fields, ``asking`` those that ask for KPIs; ``objects`` that fields with a selection bring."""

    depth: int = 0
    aliases: int = 0
    directives: int = 0
    fields: int = 0
    introspection: int = 0
    asking: int = 0
    objects: Objects = NO_OBJECTS


_NOTHING = Shape()


class Shapes:
    """Shapes of selections; a fragment's is found out once, however often it is spread.

    Fields of the names ``asking`` are those that ask for KPIs. A list in a list is taken to be ``longest``. TooDeep for
    more than ``deepest`` selections within each other.
    """

    def __init__(self, document: DocumentNode, asking: Collection[str], *, longest: int, deepest: int) -> None:
        fragments = (each for each in document.definitions if isinstance(each, FragmentDefinitionNode))
        operations = (each for each in document.definitions if isinstance(each, OperationDefinitionNode))
        self._fragments = {each.name.value: each for each in fragments}
        self._lists = {name for each in operations for name in _lists_of(each)}
        self._asking = asking
        self._longest = longest
        self._deepest = deepest
        self._known: dict[str, Shape] = {}

    def of(self, selections: SelectionSetNode, level: int = 1) -> Shape:
        if level > self._deepest:
            raise TooDeep
        depth = aliases = directives = fields = introspection = asking = 0
        objects: dict[str, int] = {}
        for selection in selections.selections:
            if isinstance(selection, FieldNode):
                each = self._of_field(selection, level)
            elif isinstance(selection, FragmentSpreadNode):
                each = self._of_fragment(selection.name.value, level)
            else:
                each = self.of(selection.selection_set, level + 1)  # type: ignore[attr-defined]  # an inline fragment
            depth = max(depth, each.depth)
            aliases += each.aliases
            directives += each.directives + len(selection.directives or ())
            fields += each.fields
            introspection += each.introspection
            asking += each.asking
            for name, count in each.objects.items():
                objects[name] = objects.get(name, 0) + count
        return Shape(depth, aliases, directives, fields, introspection, asking, objects)

    def _of_field(self, field: FieldNode, level: int) -> Shape:
        name, below = field.name.value, field.selection_set
        within = self.of(below, level + 1) if below else _NOTHING
        is_introspection = name in INTROSPECTION
        return Shape(
            0 if is_introspection else within.depth + 1,
            within.aliases + (field.alias is not None),
            within.directives,
            within.fields + 1,
            within.introspection + is_introspection,
            within.asking + (name in self._asking),
            self._objects(field, within.objects) if below and not is_introspection else NO_OBJECTS,
        )

    def _objects(self, field: FieldNode, within: Objects) -> Objects:
        """Count the objects of a field, and those within them: as many as a list among its arguments is long."""
        times, variable = 1, EACH
        for argument in field.arguments or ():
            value = argument.value
            if isinstance(value, ListValueNode):
                times = max(times, len(value.values))
            elif isinstance(value, VariableNode) and value.name.value in self._lists:
                variable = value.name.value
        if variable != EACH:
            return {
                variable: times * (1 + sum(count * (self._longest if name else 1) for name, count in within.items()))
            }
        return {name: times * count for name, count in {**within, EACH: 1 + within.get(EACH, 0)}.items()}

    def _of_fragment(self, name: str, level: int) -> Shape:
        if name not in self._known:
            self._known[name] = _NOTHING  # one that spreads itself is told by validation
            fragment = self._fragments.get(name)
            if fragment:
                shape = self.of(fragment.selection_set, level + 1)
                self._known[name] = shape._replace(directives=shape.directives + len(fragment.directives or ()))
        return self._known[name]


def _lists_of(definition: OperationDefinitionNode) -> Iterator[str]:
    """Yield the names of an operation's variables that are lists."""
    for each in definition.variable_definitions or ():
        type_ = each.type.type if isinstance(each.type, NonNullTypeNode) else each.type
        if isinstance(type_, ListTypeNode):
            yield each.variable.name.value


def longest_list(document: DocumentNode) -> int:
    """Return how many items the longest list in the text has."""
    left: list[object] = [document]
    longest = 0
    while left:
        node = left.pop()
        if isinstance(node, tuple):
            left += node
        elif isinstance(node, Node):
            if isinstance(node, ListValueNode):
                longest = max(longest, len(node.values))
            left += (getattr(node, key) for key in _WAYS_TO_LISTS.get(node.kind, ()))
    return longest


def longest_name(document: DocumentNode) -> int:
    """Return how many characters the longest name has."""
    longest = 0
    token = document.loc.start_token if document.loc else None
    while token:
        if token.kind is TokenKind.NAME:
            longest = max(longest, len(token.value or ""))
        token = token.next
    return longest

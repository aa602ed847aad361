"""What there is of a document: its selections, fragments spread out, counted in one step through each of them."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, cast

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    ListTypeNode,
    ListValueNode,
    NonNullTypeNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
)

from gateway.nodes import ways, within

INTROSPECTION = {"__schema", "__type"}
EACH = ""
"""In counts of objects by variable: those that are there whatever the variables are."""

Objects = Mapping[str, int]
"""How many objects there are for each item of a variable, by its name."""

NO_OBJECTS: Objects = {}

_WAYS_TO_VALUES = ways(but={"alias", "description", "name", "type", "type_condition", "variable"})


class TooDeep(Exception):
    """Selections are too many within each other."""


@dataclass(slots=True)
class Shape:
    """``depth`` in fields, ``asking`` those that ask for KPIs, ``objects`` that fields with a selection bring.

    ``names``: how often each name of the answer stands in this selection, ``same``: the most often that one does here,
    or in a selection within this.
    """

    depth: int = 0
    aliases: int = 0
    directives: int = 0
    fields: int = 0
    introspection: int = 0
    asking: int = 0
    same: int = 0
    names: dict[str, int] = field(default_factory=dict)
    objects: dict[str, int] = field(default_factory=dict)

    def add(self, other: "Shape") -> None:
        """Count what another one has as part of this; names and depth are where it stands."""
        self.aliases += other.aliases
        self.directives += other.directives
        self.fields += other.fields
        self.introspection += other.introspection
        self.asking += other.asking
        self.same = max(self.same, other.same)


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
        shape = Shape()
        self._add(shape, selections, level)
        shape.same = max(shape.same, max(shape.names.values(), default=0))
        return shape

    def _add(self, shape: Shape, selections: SelectionSetNode, level: int) -> None:
        if level > self._deepest:
            raise TooDeep
        for selection in selections.selections:
            shape.directives += len(selection.directives or ())
            if isinstance(selection, FieldNode):
                below = selection.selection_set
                self._add_field(shape, selection, self.of(below, level + 1) if below else None)
            elif isinstance(selection, FragmentSpreadNode):
                self._add_fragment(shape, selection.name.value, level)
            else:
                self._add(shape, cast("InlineFragmentNode", selection).selection_set, level + 1)

    def _add_field(self, shape: Shape, node: FieldNode, within: Shape | None) -> None:
        name = node.name.value
        response = node.alias.value if node.alias else name
        shape.names[response] = shape.names.get(response, 0) + 1
        shape.aliases += node.alias is not None
        shape.fields += 1
        shape.asking += name in self._asking
        if within:
            shape.add(within)
        if name in INTROSPECTION:
            shape.introspection += 1
            return
        shape.depth = max(shape.depth, 1 + (within.depth if within else 0))
        if within:
            _count(shape.objects, self._objects(node, within.objects))

    def _objects(self, node: FieldNode, within: Objects) -> Objects:
        """Count the objects of a field, and those within them: as many as a list among its arguments is long."""
        times, variable = 1, EACH
        for argument in node.arguments or ():
            value = argument.value
            if isinstance(value, ListValueNode):
                times = max(times, len(value.values))
            elif isinstance(value, VariableNode) and value.name.value in self._lists:
                variable = value.name.value
        if variable == EACH:
            return {name: times * count for name, count in {**within, EACH: 1 + within.get(EACH, 0)}.items()}
        at_most = 1 + sum(count * (self._longest if name else 1) for name, count in within.items())
        return {variable: times * at_most}

    def _add_fragment(self, shape: Shape, name: str, level: int) -> None:
        if name not in self._known:
            self._known[name] = Shape()  # one that spreads itself is told by validation
            fragment = self._fragments.get(name)
            if fragment:
                self._known[name] = known = self.of(fragment.selection_set, level + 1)
                known.directives += len(fragment.directives or ())
        known = self._known[name]
        shape.add(known)
        shape.depth = max(shape.depth, known.depth)
        _count(shape.names, known.names)
        _count(shape.objects, known.objects)


def _count(counts: dict[str, int], more: Objects) -> None:
    for name, count in more.items():
        counts[name] = counts.get(name, 0) + count


def _lists_of(definition: OperationDefinitionNode) -> Iterator[str]:
    """Yield the names of an operation's variables that are lists."""
    for each in definition.variable_definitions or ():
        type_ = each.type.type if isinstance(each.type, NonNullTypeNode) else each.type
        if isinstance(type_, ListTypeNode):
            yield each.variable.name.value


class Contents(NamedTuple):
    """How many there are of a kind as the text has them, no fragment spread out; variables are values too."""

    selections: int
    values: int
    longest_list: int


def contents(document: DocumentNode) -> Contents:
    selections = values = longest = 0
    for node in within(document, _WAYS_TO_VALUES):
        if isinstance(node, SelectionNode):
            selections += 1
        elif isinstance(node, ValueNode):
            values += 1
            if isinstance(node, ListValueNode):
                longest = max(longest, len(node.values))
    return Contents(selections, values, longest)

"""What may be asked: bounds of a document, judged before it is validated, and of the lists that come with a request.

Each refusal names the bound, what was asked, and the setting; bounds without a setting are far above what is of use.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from graphql import DocumentNode, OperationDefinitionNode
from graphql.language.parser import MAX_NESTING_DEPTH

from gateway.errors import Code, RequestRefused
from gateway.shapes import EACH, NO_OBJECTS, Objects, Shape, Shapes, TooDeep, contents

_LONGEST_NAME = 255  # characters: those of an alias are in the answer again and again
_MOST_OPERATIONS = 20  # each goes through all variables of the fragments that it spreads
_MOST_FRAGMENTS = 100
_MOST_DIRECTIVES = 100  # these are an operation's, fragments spread out
_MOST_INTROSPECTION = 5
_MOST_INTROSPECTING = 1  # of the operations of an array
_MOST_SAME = 50  # of one name in a selection: each is compared with each
_SETTING = re.compile("GATEWAY_([A-Z_]+)")
_OBJECTS = "customers and KPIs, each wherever it stands"
_OBJECTS_SETTING = "twice GATEWAY_MAX_KPIS, or GATEWAY_MAX_CUSTOMERS if that is more"


class Reach(NamedTuple):
    """How far an operation can go: at most so many of its fields ask for KPIs, of lists at most so long.

    ``selections`` are its document's: fields and fragments as they stand in the text. ``introspects``: whether it asks
    for the schema.
    """

    fields: int = 0
    longest: int = 1
    objects: Objects = NO_OBJECTS
    selections: int = 0
    introspects: bool = False

    def all_objects(self, variables: Mapping[str, Any]) -> int:
        """Return how many customers and KPIs there are at most, wherever they stand."""
        return sum(count * (self._length(variables.get(name)) if name else 1) for name, count in self.objects.items())

    def most_kpis(self, variables: Mapping[str, Any]) -> int:
        """Return how many KPIs are asked for at most."""
        longest = max((len(value) for value in variables.values() if type(value) is list), default=1)
        return self.fields * max(self.longest, longest)

    def _length(self, value: object) -> int:
        if isinstance(value, list):
            return len(value)
        return self.longest if value is None else 1  # it may have a default


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

    @property
    def objects(self) -> int:
        """The most customers and KPIs, each wherever it stands."""
        return 2 * max(self.customers, self.kpis)

    def judge_text(self, text: str) -> None:
        """RequestRefused (422) for a document of too many lines, before it is read."""
        _refuse("lines", text.count("\n") + text.count("\r"), 2 * self.tokens, "twice GATEWAY_MAX_TOKENS")

    def judge_name(self, length: int) -> None:
        """RequestRefused (422) for a document with a name of too many characters."""
        _refuse("characters in a name", length, _LONGEST_NAME)

    def judge(
        self, document: DocumentNode, node: OperationDefinitionNode | None = None, asking: Collection[str] = ()
    ) -> Reach:
        """RequestRefused (422) for a document that is too much, whichever of its operations is to run.

        Returns the reach of the operation at the node; fields of the names ``asking`` are those that ask for KPIs.
        """
        operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
        selections, values, longest = contents(document)
        _refuse("operations in a document", len(operations), _MOST_OPERATIONS)
        _refuse("definitions beside operations", len(document.definitions) - len(operations), _MOST_FRAGMENTS)
        _refuse("values in a document", values, self.tokens // 4, "a quarter of GATEWAY_MAX_TOKENS")
        _refuse("items in a list", longest, self.customers, "GATEWAY_MAX_CUSTOMERS")
        shapes = Shapes(document, asking, longest=self.customers, deepest=MAX_NESTING_DEPTH)
        reach = Reach(selections=selections)
        for operation in operations:
            shape = self._judge_operation(operation, shapes)
            if operation is node:
                reach = Reach(shape.asking, max(1, longest), shape.objects, selections, shape.introspection > 0)
        return reach

    def _judge_operation(self, operation: OperationDefinitionNode, shapes: Shapes) -> Shape:
        try:
            shape = shapes.of(operation.selection_set)
        except TooDeep:
            raise too_deep() from None
        variables = operation.variable_definitions or ()
        of_variables = sum(len(each.directives or ()) for each in variables)
        directives = shape.directives + len(operation.directives or ()) + of_variables
        _refuse("fields, one within the other", shape.depth, self.depth, "GATEWAY_MAX_DEPTH")
        _refuse("aliases, fragments spread out", shape.aliases, self.aliases, "GATEWAY_MAX_ALIASES")
        _refuse("directives, fragments spread out", directives, _MOST_DIRECTIVES)
        _refuse("fields, fragments spread out", shape.fields, self.tokens // 2, "half of GATEWAY_MAX_TOKENS")
        _refuse("fields of introspection", shape.introspection, _MOST_INTROSPECTION)
        _refuse("fields of one name in a selection", shape.same, _MOST_SAME)
        _refuse(_OBJECTS, shape.objects.get(EACH, 0), self.objects, _OBJECTS_SETTING)
        return shape

    def judge_lists(self, variables: Mapping[str, Any]) -> None:
        """RequestRefused (422) for a variable that is too long a list."""
        for name, value in variables.items():
            if type(value) is list and len(value) > self.customers:
                _refuse(f"items in the variable ${name}", len(value), self.customers, "GATEWAY_MAX_CUSTOMERS")

    def may_exceed(self, reach: Reach, variables: Mapping[str, Any]) -> bool:
        """Whether an operation may ask for more KPIs than are allowed: then they are to be counted."""
        if reach.fields * self.customers <= self.kpis:
            return False
        return reach.most_kpis(variables) > self.kpis

    def judge_kpis(self, asked: int) -> None:
        """RequestRefused (422) for an operation that asks for too many KPIs."""
        _refuse("KPIs, each customer and period counted once", asked, self.kpis, "GATEWAY_MAX_KPIS")


class Shared:
    """What all documents of a request have together, each as often as it is read."""

    def __init__(self, what: str, most: int, setting: str) -> None:
        self._what = what
        self._most = most
        self._setting = setting
        self.left = most

    def take(self, count: int) -> None:
        """RequestRefused (422) for a document that has more than are left."""
        left, self.left = self.left, max(0, self.left - count)
        if count > left:
            before = ", with those before it," if left < self._most else ""
            raise _refusal(f"The document{before} has more than {self._most} {self._what}", self._most, self._setting)


class Allowance:
    """What the operations of a request may have together.

    Objects are customers and KPIs, each wherever it stands in the answer: they are what costs when all of it fails.
    """

    def __init__(self, bounds: Bounds) -> None:
        self.tokens = Shared("tokens and comments", bounds.tokens, "GATEWAY_MAX_TOKENS")
        self.selections = Shared("fields and fragments", bounds.tokens // 5, "a fifth of GATEWAY_MAX_TOKENS")
        self._ready: set[tuple[str, str | None]] = set()
        self._most_objects = bounds.objects
        self._objects = 0
        self._introspecting = 0

    def take_ready(self, text: str, name: str | None, tokens: int, selections: int) -> None:
        """RequestRefused (422) for an operation that need not be read, and has more than are left; it counts once."""
        if (text, name) not in self._ready:
            self.tokens.take(tokens)
            self.selections.take(selections)
            self.note_ready(text, name)

    def note_ready(self, text: str, name: str | None) -> None:
        """Count an operation, which was read and is ready now, no more."""
        self._ready.add((text, name))

    def take(self, reach: Reach, variables: Mapping[str, Any]) -> None:
        """RequestRefused (422) for an operation that has more objects than are left, or the second to introspect."""
        self._objects += reach.all_objects(variables)
        _refuse(_OBJECTS, self._objects, self._most_objects, _OBJECTS_SETTING)
        if reach.introspects:
            self._introspecting += 1
            _refuse("operations with introspection", self._introspecting, _MOST_INTROSPECTING)


def too_deep() -> RequestRefused:
    """Return the refusal of a document with too many brackets, or fragments, within each other."""
    return _refusal("The document is nested too deeply", MAX_NESTING_DEPTH, "")


def _refuse(what: str, asked: int, most: int, setting: str = "") -> None:
    if asked > most:
        raise _refusal(f"{asked} {what}", most, setting)


def _refusal(told: str, most: int, setting: str) -> RequestRefused:
    named = f" ({setting})" if setting else ""
    limit = of.group(1).lower() if (of := _SETTING.search(setting)) else ""
    return RequestRefused(422, Code.REQUEST_LIMIT_EXCEEDED, f"{told}: at most {most}{named}.", limit=limit)

"""What may be asked: bounds of a document, judged before it is validated, and of the lists that come with a request.

Each refusal names the bound, what was asked, and the setting; bounds without a setting are far above what is of use.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from graphql import DocumentNode, OperationDefinitionNode
from graphql.language.parser import MAX_NESTING_DEPTH

from gateway.errors import Code, RequestRefused
from gateway.shapes import NO_OBJECTS, Objects, Shape, Shapes, TooDeep, longest_list, longest_name

_MOST_LINES = 5000
_LONGEST_NAME = 255  # characters: those of an alias are in the answer again and again
_MOST_OPERATIONS = 50
_MOST_DIRECTIVES = 100  # these are an operation's, fragments spread out
_MOST_FIELDS = 1000
_MOST_INTROSPECTION = 5


class Reach(NamedTuple):
    """How far an operation can go: at most so many of its fields ask for KPIs, of lists at most so long."""

    fields: int = 0
    longest: int = 1
    objects: Objects = NO_OBJECTS

    def all_objects(self, variables: Mapping[str, Any]) -> int:
        """Return how many customers and KPIs there are at most, wherever they stand."""
        return sum(count * (self._length(variables.get(name)) if name else 1) for name, count in self.objects.items())

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

    def judge_text(self, text: str) -> None:
        """RequestRefused (422) for a document of too many lines, before it is read."""
        _refuse("lines", text.count("\n") + text.count("\r"), _MOST_LINES)

    def judge(
        self, document: DocumentNode, node: OperationDefinitionNode | None = None, asking: Collection[str] = ()
    ) -> Reach:
        """RequestRefused (422) for a document that is too much, whichever of its operations is to run.

        Returns the reach of the operation at the node; fields of the names ``asking`` are those that ask for KPIs.
        """
        operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
        longest = longest_list(document)
        _refuse("characters in a name", longest_name(document), _LONGEST_NAME)
        _refuse("operations in a document", len(operations), _MOST_OPERATIONS)
        _refuse("items in a list", longest, self.customers, "MAX_CUSTOMERS")
        shapes = Shapes(document, asking, longest=self.customers, deepest=MAX_NESTING_DEPTH)
        reach = Reach()
        for operation in operations:
            shape = self._judge_operation(operation, shapes)
            if operation is node:
                reach = Reach(shape.asking, max(1, longest), shape.objects)
        return reach

    def _judge_operation(self, operation: OperationDefinitionNode, shapes: Shapes) -> Shape:
        try:
            shape = shapes.of(operation.selection_set)
        except TooDeep:
            raise too_deep() from None
        variables = operation.variable_definitions or ()
        of_variables = sum(len(each.directives or ()) for each in variables)
        directives = shape.directives + len(operation.directives or ()) + of_variables
        _refuse("fields, one within the other", shape.depth, self.depth, "MAX_DEPTH")
        _refuse("aliases, fragments spread out", shape.aliases, self.aliases, "MAX_ALIASES")
        _refuse("directives, fragments spread out", directives, _MOST_DIRECTIVES)
        _refuse("fields, fragments spread out", shape.fields, _MOST_FIELDS)
        _refuse("fields of introspection", shape.introspection, _MOST_INTROSPECTION)
        return shape

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


class Allowance:
    """What the operations of one request may have together: tokens, each document counted once, and objects.

    Objects are customers and KPIs, each wherever it stands in the answer: they are what costs when all of it fails.
    """

    def __init__(self, bounds: Bounds) -> None:
        self._most_tokens = bounds.tokens
        self._most_objects = 2 * (bounds.customers + bounds.kpis)
        self._tokens: dict[str, int] = {}
        self._objects = 0

    def tokens(self, text: str) -> int:
        """Return how many tokens a document may have."""
        return self._most_tokens - sum(tokens for each, tokens in self._tokens.items() if each != text)

    def take_tokens(self, text: str, tokens: int) -> None:
        """RequestRefused (422) for a document that has more than are left."""
        if tokens > self.tokens(text):
            raise self.too_many_tokens()
        self._tokens[text] = tokens

    def too_many_tokens(self) -> RequestRefused:
        """Return the refusal of a document that was not read to its end."""
        before = ", with the documents before it," if self._tokens else ""
        return _refusal(
            f"The document{before} has more than {self._most_tokens} tokens", self._most_tokens, "MAX_TOKENS"
        )

    def take_objects(self, objects: int) -> None:
        """RequestRefused (422) for an operation that has more than are left."""
        self._objects += objects
        if self._objects > self._most_objects:
            told = f"{self._objects} customers and KPIs, each wherever it stands"
            raise _refusal(told, self._most_objects, "MAX_CUSTOMERS and GATEWAY_MAX_KPIS, twice their sum")


def too_deep() -> RequestRefused:
    """Return the refusal of a document with too many brackets, or fragments, within each other."""
    return _refusal("The document is nested too deeply", MAX_NESTING_DEPTH, "")


def _refuse(what: str, asked: int, most: int, setting: str = "") -> None:
    if asked > most:
        raise _refusal(f"{asked} {what}", most, setting)


def _refusal(told: str, most: int, setting: str) -> RequestRefused:
    named = f" (GATEWAY_{setting})" if setting else ""
    return RequestRefused(422, Code.REQUEST_LIMIT_EXCEEDED, f"{told}: at most {most}{named}.")

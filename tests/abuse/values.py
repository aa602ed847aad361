"""Values that are to cost more than they are worth, or to be taken for others: in documents, and as variables."""

from typing import Any

from tests.abuse.attack import BAD_INPUT, IDS, NO_GRAPHQL, NOT_VALID, TOO_MUCH, Attack, document, many

_CUSTOMERS = "query($of:[ID!]!){customers(ids:$of){id}}"
_ENTITIES = "query($of:[_Any!]!){_entities(representations:$of){__typename}}"
_CUSTOMER = "query($of:ID!){customer(id:$of){id}}"
_KPI = "query($of:Date){customer(id:1){kpi(from:$of){asOf}}}"
_ONES = "1 " * 190
_BESIDE = "{" + many("a%:customers(ids:[" + _ONES + "]){id}", 9) + "}"
_WHICH = "OPERATION_RESOLUTION_FAILURE"
_EACH = "query Q%($a:ID!){...F}"
_OF_EACH = "fragment F on Query{" + many("a%:customers(ids:[" + "$a " * 190 + "]){id}", 2) + "}"
_LINES = "\n" * 3900
_TOO_LONG = "(GATEWAY_MAX_CUSTOMERS)"


def given(name: str, text: str, value: Any, status: int, *told: str, **more: Any) -> Attack:
    """Give the value for the document's only variable; ``told``: the code, BAD_INPUT else, and what is said."""
    code, says = told or (BAD_INPUT, "")
    return document(name, text, status, code, says, variables={"of": value}, **more)


def nested(depth: int) -> Any:
    value: Any = "1"
    for _ in range(depth):
        value = [value]
    return value


def nested_objects(depth: int) -> Any:
    value: Any = "1"
    for _ in range(depth):
        value = {"id": value}
    return value


LISTS = [
    given("a list of too many ids", _CUSTOMERS, [*IDS, "201"], 422, TOO_MUCH, _TOO_LONG),
    given("a list of far too many ids", _CUSTOMERS, [1] * 30_000, 422, TOO_MUCH, _TOO_LONG),
    given("a list that nobody wants", "{__typename}", [1] * 30_000, 422, TOO_MUCH, _TOO_LONG),
    given("a list in a list", _CUSTOMERS, [[1] * 30_000], 422, BAD_INPUT, "ID cannot represent"),
    given("lists in lists", _CUSTOMERS, nested(250), 422, BAD_INPUT, "ID cannot represent"),
    given("lists in lists that may be anything", _ENTITIES, nested(250), 294, BAD_INPUT, "representation"),
    given("a list in a representation", _ENTITIES, [{"__typename": "Customer", "id": [1] * 20_000}], 294),
    given("too many representations", _ENTITIES, [{}] * 201, 422, TOO_MUCH, _TOO_LONG),
    given(
        "two hundred wrong ids",
        _CUSTOMERS,
        [{"x": "y" * 400}] * 200,
        422,
        BAD_INPUT,
        "ID cannot represent",
        longest=10_000,
    ),
    document("a list in the text", f"{{customers(ids:[{'1 ' * 201}]){{id}}}}", 422, TOO_MUCH, _TOO_LONG),
    document("a list as a default", f"query($of:[ID!]!=[{'1 ' * 201}]){{customers(ids:$of){{id}}}}", 422, TOO_MUCH),
    document("a list in an object", f"{{_entities(representations:[{{a:[{'1 ' * 201}]}}]){{id}}}}", 422, TOO_MUCH),
    document("lists beside each other", _BESIDE, 422, TOO_MUCH, "values in a document"),
    document("variables of a fragment in each operation", many(_EACH, 20) + _OF_EACH, 422, _WHICH, "no single"),
    document("and in more operations", many(_EACH, 50) + _OF_EACH, 422, TOO_MUCH, "operations in a document"),
    document("huge defaults", f"query({many(f'$a%:[Int]=[{_ONES}]', 2)}){{__typename}}", 422, NOT_VALID, "never used"),
]

DEEP = [
    given("objects in objects", _ENTITIES, [nested_objects(240)], 294, BAD_INPUT, "representation"),
    given("objects in objects for an id", _CUSTOMER, nested_objects(240), 422, BAD_INPUT, "ID cannot represent"),
    given("an object of thousands of members", _CUSTOMER, {f"a{n}": n for n in range(6000)}, 422),
    given("a representation of thousands of members", _ENTITIES, [{f"a{n}": n for n in range(6000)}], 294),
    document(
        "an object of hundreds of members",
        f"{{_entities(representations:[{{{many('a%:1 ', 490)}}}]){{__typename}}}}",
        294,
        BAD_INPUT,
    ),
    document(
        "an object of the same member",
        "{_entities(representations:[{" + "a:1 " * 490 + "}]){__typename}}",
        422,
        NOT_VALID,
    ),
    document("arguments that nobody knows", f"{{customer({many('a%:1 ', 490)}){{id}}}}", 422, NOT_VALID),
    document("one argument again and again", "{customer(" + "id:1 " * 490 + "){id}}", 422, NOT_VALID, longest=20_000),
]

IDS_OF_NO_CUSTOMER = [
    given(f"the id {told}", _CUSTOMER, value, 294, BAD_INPUT, "is not a customer id")
    for told, value in (
        ("in full width", "１２３"),
        ("in Arabic digits", "١٢٣"),
        ("written backwards", "\u202e321"),
        ("with NUL", "1\x00"),
        ("with a mark of no width", "1\u200b"),
        ("with a line's end", "1\n"),
        ("with a space", " 1"),
        ("with a sign", "+1"),
        ("with a zero", "01"),
        ("with an exponent", "1e3"),
        ("that is negative", -1),
        ("that is too large", 2**31),
        ("that is far too large", "9" * 90_000),
        ("of emoji", "\U0001f600" * 5000),
        ("of combining marks", "1" + "\u0301" * 9000),
    )
]

DAYS_OF_NO_CALENDAR = [
    given(f"a day {told}", _KPI, value, 294, BAD_INPUT, "is not a day")
    for told, value in (
        ("in full width", "２０２３-０１-０１"),
        ("written backwards", "\u202e2023-01-01"),
        ("with NUL", "2023-01-01\x00"),
        ("with a line's end", "2023-01-01\n"),
        ("with other dashes", "2023‐01‐01"),
        ("of year nought", "0000-01-01"),
        ("of the year ten thousand", "10000-01-01"),
        ("that no month has", "2023-02-30"),
        ("of a week", "2023-W01-1"),
        ("that is very long", "2023-01-01" * 9000),
    )
]

NUMBERS = [
    given("a number too large for an id", _CUSTOMER, 2**64, 294, BAD_INPUT, "is not a customer id"),
    given("a fraction for an id", _CUSTOMER, 1.5, 422, BAD_INPUT, "ID cannot represent"),
    given("a truth for an id", _CUSTOMER, True, 422, BAD_INPUT, "ID cannot represent"),
    given("a number for a day", _KPI, 20230101, 422, BAD_INPUT, "A Date is a string"),
    document("an endless number", f"{{customer(id:{'1' * 90_000}){{id}}}}", 294, BAD_INPUT, "is not a customer id"),
    document("an endless number for a day", f"{{customer(id:1){{kpi(from:{'1' * 90_000}){{asOf}}}}}}", 422, NOT_VALID),
    document("an endless fraction", f"{{customer(id:1.{'1' * 90_000}){{id}}}}", 422, NOT_VALID, "ID cannot represent"),
    document("an endless exponent", f"{{customer(id:1e{'1' * 90_000}){{id}}}}", 422, NOT_VALID, "ID cannot represent"),
]

TEXTS = [
    document("a long string", f'{{customer(id:"{"1" * 90_000}"){{id}}}}', 294, BAD_INPUT, "is not a customer id"),
    document("a string of escapes", '{customer(id:"' + "\\u0031" * 12_000 + '"){id}}', 294, BAD_INPUT),
    document("half a character", '{customer(id:"\\ud800"){id}}', 400, NO_GRAPHQL),
    document("a character that is none", '{customer(id:"\\u{110000}"){id}}', 400, NO_GRAPHQL),
    document("a block string", f'{{customer(id:"""{" 1" * 40_000}"""){{id}}}}', 294, BAD_INPUT, "is not a customer id"),
    document("a block string of lines", '{customer(id:"""' + " 1\n" * 3900 + '"""){id}}', 294, BAD_INPUT),
    document("a block string that does not end", '{customer(id:"""' + "x" * 90_000, 400, NO_GRAPHQL, "Unterminated"),
    document("a string that does not end", '{customer(id:"' + "x" * 90_000, 400, NO_GRAPHQL, "Unterminated"),
    document("a description", f'"""{"x" * 90_000}""" query {{__typename}}', 200),
    document("a comment", f"#{'x' * 90_000}\n{{__typename}}", 200),
    document("comments", "#\n" * 2500 + "{__typename}", 422, TOO_MUCH, "(GATEWAY_MAX_TOKENS)"),
    document("lines", "\n" * 47_000 + "{__typename}", 422, TOO_MUCH, "lines"),
    document("lines before what is wrong", "\r\n" * 1900 + "{" + many("a% ", 30) + "}", 422, NOT_VALID),
    document("lines before what is twice", f"{_LINES}query({'$a:Int ' * 490}){{a}}", 422, NOT_VALID, longest=20_000),
    document(
        "lines before what fails two hundred times",
        _LINES + _CUSTOMERS,
        294,
        BAD_INPUT,
        variables={"of": ["x"] * 200},
        longest=60_000,
    ),
    document("commas", "," * 90_000 + "{__typename}", 200),
    document("marks of byte order", "\ufeff" * 15_000 + "{__typename}", 200),
    document("nothing", " " * 90_000, 400, NO_GRAPHQL),
    document("an alias of thousands of characters", f"{{{'a' * 90_000}:__typename}}", 422, TOO_MUCH, "in a name"),
    document("a name of thousands of characters", f"{{{'a' * 90_000}}}", 422, TOO_MUCH, "in a name"),
    document(
        "an alias that comes two hundred times",
        f"query($of:[ID!]!){{customers(ids:$of){{{'a' * 255}:id}}}}",
        200,
        variables={"of": IDS},
        longest=70_000,
    ),
]

NAMES = [
    document(f"a name {told}", f"{{{name}}}", status, code)
    for told, name, status, code in (
        ("in full width", "ｃustomer", 400, NO_GRAPHQL),
        ("with a letter like another", "\u0441ustomer", 400, NO_GRAPHQL),
        ("with a mark of no width", "cus\u200btomer", 400, NO_GRAPHQL),
        ("written backwards", "\u202eemanepyt__", 400, NO_GRAPHQL),
        ("with NUL", "__type\x00name", 400, NO_GRAPHQL),
        ("of emoji", "\U0001f600", 400, NO_GRAPHQL),
        ("of Python's", "__class__", 422, NOT_VALID),
        ("of JavaScript's", "__proto__", 422, NOT_VALID),
        ("of a constructor", "constructor", 422, NOT_VALID),
    )
]

ALL = [*LISTS, *DEEP, *IDS_OF_NO_CUSTOMER, *DAYS_OF_NO_CALENDAR, *NUMBERS, *TEXTS, *NAMES]

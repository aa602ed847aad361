"""What the schema is asked about itself, and by whom it is not to be told; what a federation's router may ask."""

from tests.abuse.attack import BAD_INPUT, IDS, NOT_VALID, TOO_MUCH, document, many

_OFF = "INTROSPECTION_DISABLED"
_TYPE = "type{name kind ofType{name kind ofType{name kind ofType{name}}}}"
_ENTITIES = "query($of:[_Any!]!){_entities(representations:$of){...on Customer{id}}}"

INTROSPECTION = [
    document("introspection", f"{{__schema{{types{{name fields{{name {_TYPE}}}}}}}}}", 422, _OFF),
    document("introspection of a type", '{__type(name:"Query"){fields{name}}}', 422, _OFF),
    document("introspection under an alias", "{a:__schema{b:types{c:name}}}", 422, _OFF),
    document("introspection in a fragment", "{...A} fragment A on Query{...{__schema{types{name}}}}", 422, _OFF),
    document("introspection that is skipped", "{__typename __schema@skip(if:true){types{name}}}", 422, _OFF),
    document("introspection again and again", f"{{{many('a%:__schema{types{name}}', 30)}}}", 422, TOO_MUCH),
    document(
        "introspection under aliases",
        f"{{{many('a%:__schema{types{name description fields{name description}}}', 30)}}}",
        422,
        TOO_MUCH,
        "fields of introspection",
        introspection=True,
    ),
    document(
        "types of types",
        "{__schema{types{fields{type{fields{type{fields{type{name}}}}}}}}}",
        422,
        NOT_VALID,
        "Maximum introspection depth",
        introspection=True,
    ),
    document(
        "types inside of types",
        "{__schema{types{fields{type" + "{ofType" * 150 + "{name}" + "}" * 150 + "}}}}",
        200,
        introspection=True,
        longest=20_000,
    ),
    document(
        "types by fragments in each other",
        "{__schema{types{...A}}} fragment A on __Type{name ofType{...A}}",
        422,
        NOT_VALID,
        "within itself",
        introspection=True,
    ),
    document(
        "all that there is",
        f"{{__schema{{types{{name description fields{{name description args{{name description {_TYPE}}}{_TYPE}}}"
        f"inputFields{{name {_TYPE}}} enumValues{{name description}} possibleTypes{{name}}}}"
        f"directives{{name description locations args{{name {_TYPE}}}}}}}}}",
        200,
        introspection=True,
        longest=40_000,
    ),
]

PROBES = [
    document(f"a probe for {told}", text, status, code, variables={"of": value})
    for told, text, value, status, code in (
        ("a field", "{custome}", None, 422, NOT_VALID),
        ("a field of a type", "{customer(id:1){idd}}", None, 422, NOT_VALID),
        ("an argument", "{customer(idd:1){id}}", None, 422, NOT_VALID),
        ("a type", "{...on Custome{id}}", None, 422, NOT_VALID),
        ("the type of a variable", "query($of:Custome){__typename}", None, 422, NOT_VALID),
        ("a directive", "{__typename @skp(if:true)}", None, 422, NOT_VALID),
        ("the argument of a directive", "{__typename @skip(iff:true)}", None, 422, NOT_VALID),
        ("a value of an enum", "{customer(id:1){kpi{freshness(is:LIV)}}}", None, 422, NOT_VALID),
        ("a variable's value", "query($of:ID!){customer(id:$of){id}}", {"idd": 1}, 422, BAD_INPUT),
        ("a subscription", "subscription{custome}", None, 422, NOT_VALID),
        ("a selection", "{customer(id:1)}", None, 422, NOT_VALID),
    )
]

ENTITIES = [
    document(f"a representation {told}", _ENTITIES, 294, BAD_INPUT, "representation", variables={"of": [value]})
    for told, value in (
        ("that is a number", 5),
        ("that is a text", "Customer"),
        ("that is a list", [{"__typename": "Customer", "id": "1"}]),
        ("of nothing", {}),
        ("without a type", {"id": "1"}),
        ("of an unknown type", {"__typename": "Nobody", "id": "1"}),
        ("of a type that has no key", {"__typename": "CustomerKpi", "boosterCustomerId": 1}),
        ("of a type that is a list", {"__typename": ["Customer"], "id": "1"}),
        ("of Python's", {"__typename": "__class__", "id": "1"}),
        ("without an id", {"__typename": "Customer"}),
        ("whose id is a number", {"__typename": "Customer", "id": 1}),
        ("whose id is an object", {"__typename": "Customer", "id": {"id": "1"}}),
    )
] + [
    document(
        "a representation with all that there could be",
        _ENTITIES,
        294,
        BAD_INPUT,
        variables={"of": [{"__typename": "Customer", "id": "1", "number": "2", "kpi": {"asOf": 1}, "self": {}}]},
    ),
    document(
        "representations of one customer",
        _ENTITIES,
        200,
        variables={"of": [{"__typename": "Customer", "id": "1"}] * 200},
        longest=8_000,
    ),
    document(
        "representations that are all wrong",
        _ENTITIES,
        294,
        BAD_INPUT,
        variables={"of": [{"__typename": "Customer", "id": f"x{each}"} for each in IDS]},
        longest=60_000,
    ),
    document("the service's schema under aliases", f"{{{many('a%:_service{sdl}', 30)}}}", 200, longest=150_000),
]

UNUSED = [
    document("operations", many("query Q%{__typename}", 390), 422, TOO_MUCH, "operations in a document"),
    document("operations without a name", "{__typename}" * 390, 422, TOO_MUCH, "operations in a document"),
    document("operations of one name", "query Q{__typename}" * 20, 422, NOT_VALID, "only one operation", longest=8_000),
    document("variables", f"query({many('$a%:Int ', 490)}){{__typename}}", 422, NOT_VALID, "never used"),
    document("one variable again and again", f"query({'$a:Int ' * 490}){{__typename}}", 422, NOT_VALID, longest=20_000),
    document("variables of unknown types", f"query({many('$a%:X% ', 490)}){{__typename}}", 422, NOT_VALID),
    document("variables that nobody defined", f"query Q{{customers(ids:[{many('$a% ', 190)}]){{id}}}}", 422, NOT_VALID),
    document("fields that nobody knows", f"{{{many('a% ', 390)}}}", 422, NOT_VALID),
    document("definitions of types", many("type T%{a:Int}", 99), 422, NOT_VALID),
]

ALL = [*INTROSPECTION, *PROBES, *ENTITIES, *UNUSED]

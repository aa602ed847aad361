"""Documents that are to cost more than they are worth."""

from itertools import combinations

from tests.abuse.attack import BAD_INPUT, FIGURES, IDS, NO_GRAPHQL, NOT_VALID, TOO_MUCH, document, many

_KPI = f"kpi {{ {FIGURES} }}"
_MANY = "query ($ids: [ID!]!)"
_TOKENS = "(GATEWAY_MAX_TOKENS)"
_SOME_FIGURES = [" ".join(each) for many_of in (1, 2, 3) for each in combinations(FIGURES.split(), many_of)]
_FIVE = " ".join(FIGURES.split()[:5])
_DEAR = 'a%:customer(id:^)@include(if:$if){kpi(from:"2020-01-01" to:"2021-01-01"){' + FIGURES[:-10] + "...{asOf}}}"
_EACH_OTHER = many("...F% ", 19)
_SAME = "fields of one name in a selection"
_SELECTIONS = "fields and fragments: at most 400 (a fifth of GATEWAY_MAX_TOKENS)"
_COMPARED = "comparisons of fields"
_NESTED = "nested too deeply"

ALIASES = [
    document("aliases", f"{{{many('a%:__typename ', 390)}}}", 422, TOO_MUCH, "(GATEWAY_MAX_ALIASES)"),
    document("more aliases than fields", f"{{{many('a%:__typename ', 900)}}}", 422, TOO_MUCH, _SELECTIONS),
    document("more arguments than tokens", f"{{a({many('a%:1 ', 900)})}}", 422, TOO_MUCH, _TOKENS),
    document(
        "aliases in fragments",
        f"{{{'...A ' * 360}}} fragment A on Query {{{many('a%:__typename ', 25)}}}",
        422,
        TOO_MUCH,
        "9000 aliases, fragments spread out",
    ),
    document(
        "aliases within aliases",
        f"{_MANY} {{{many('a%:customers(ids:$ids){id}', 30)}}}",
        422,
        TOO_MUCH,
        "6000 customers and KPIs",
        variables={"ids": IDS},
    ),
    document(
        "bad ids under aliases",
        f"{_MANY} {{{many('a%:customers(ids:$ids){id}', 30)}}}",
        422,
        TOO_MUCH,
        "6000 customers and KPIs",
        variables={"ids": ["x"] * 200},
    ),
    document(
        "bad representations under aliases",
        f"query ($of: [_Any!]!) {{{many('a%:_entities(representations:$of){__typename}', 30)}}}",
        422,
        TOO_MUCH,
        "6000 customers and KPIs",
        variables={"of": [5] * 200},
    ),
    document(
        "the same KPI under aliases",
        f"{_MANY} {{ customers(ids: $ids) {{{many(f'a%:{_KPI}', 30)}}} }}",
        422,
        TOO_MUCH,
        "6200 customers and KPIs",
        variables={"ids": IDS},
    ),
    document(
        "bad days under aliases",
        f"""{_MANY} {{ customers(ids: $ids) {{{many('a%:kpi(from:"%"){asOf}', 30)}}} }}""",
        422,
        TOO_MUCH,
        "6200 customers and KPIs",
        variables={"ids": IDS},
    ),
]

DIRECTIVES = [
    document("directives", "{__typename " + "@skip(if:false)" * 280 + "}", 422, TOO_MUCH, "directives"),
    document("unknown directives", "{__typename " + "@a" * 990 + "}", 422, TOO_MUCH, "directives"),
    document("thousands of directives", "{__typename " + "@skip(if:false)" * 3000 + "}", 422, TOO_MUCH, _TOKENS),
    document("directives of a variable", f"query($a:Int {'@a' * 950}){{__typename}}", 422, TOO_MUCH, "directives"),
    document(
        "directives in a bomb",
        "{...F0} " + many("fragment F% on Query{...F^ @skip(if:false) ...F^ @skip(if:false)}", 60)
        + "fragment F60 on Query{__typename}",
        422,
        TOO_MUCH,
        "directives, fragments spread out",
    ),
]  # fmt: skip

DUPLICATES = [
    document("a field again and again", "{" + "__typename " * 1990 + "}", 422, TOO_MUCH, _SELECTIONS),
    document("a leaf again and again", "{customer(id:1){" + "id " * 390 + "}}", 422, TOO_MUCH, _SAME),
    document("a KPI again and again", "{customer(id:1){" + "kpi{asOf id}" * 130 + "}}", 422, TOO_MUCH, _SAME),
    document("a KPI fifty times", "{customer(id:1){" + f"kpi{{{_FIVE}}}" * 50 + "}}", 422, TOO_MUCH, _COMPARED),
    document("a customer fifty times", "{" + f"customer(id:1){{kpi{{{_FIVE}}}}}" * 50 + "}", 422, TOO_MUCH, _COMPARED),
    document(
        "a KPI with other figures each time",
        "{customer(id:1){" + "".join(f"kpi{{{each}}}" for each in _SOME_FIGURES[-99::2]) + "}}",
        422,
        TOO_MUCH,
        _COMPARED,
    ),
    document("inline fragments beside each other", "{" + "...{__typename}" * 190 + "}", 422, TOO_MUCH, _SAME),
    document("schemas of the service", "{" + "_service{sdl}" * 190 + "}", 422, TOO_MUCH, _SAME),
    document(
        "the dearest that is valid",
        f"query($if:Boolean=true){{{many(_DEAR, 30)}}}",
        200,
        longest=20_000,
        asks=30,
    ),
    document("conflicts", f"{{{many('customer(id:%){id}', 40)}}}", 422, NOT_VALID, "differing", longest=8_000),
    document(
        "conflicts within conflicts",
        f"{{{many('customer(id:%){kpi{x:totalItems}}', 25)}}}",
        422,
        NOT_VALID,
        "differing arguments",
        longest=8_000,
    ),
]  # fmt: skip

FRAGMENTS = [
    document(
        "a fragment bomb",
        f"{{...F0}} {many('fragment F% on Query{...F^ ...F^ ...F^}', 99)} fragment F99 on Query{{__typename}}",
        422,
        TOO_MUCH,
        "fields, fragments spread out",
    ),
    document(
        "a fragment bomb of nothing",
        f"{{...F0}} {many('fragment F% on Query{...F^ ...F^ ...F^}', 99)} fragment F99 on Query{{...F100}}",
        422,
        NOT_VALID,
        "Unknown fragment 'F100'.",
    ),
    document(
        "fragments beside each other",
        f"{{{many('...F% ', 99)}}} {many('fragment F% on Query{__typename}', 99)}",
        422,
        TOO_MUCH,
        _SAME,
    ),
    document(
        "fifty fragments beside each other",
        f"{{customer(id:1){{{many('...F% ', 50)}}}}} {many(f'fragment F% on Customer{{kpi{{{_FIVE}}}}}', 50)}",
        422,
        TOO_MUCH,
        _COMPARED,
    ),
    document(
        "a hundred fragments of other fields",
        f"{{{many('...F% ', 99)}}} {many('fragment F% on Query{a%}', 99)}",
        422,
        TOO_MUCH,
        _COMPARED,
    ),
    document(
        "each fragment in all others",
        "{...F0} " + "".join(f"fragment F{number} on Query{{{_EACH_OTHER}}}" for number in range(19)),
        422,
        NOT_VALID,
        "within itself",
        longest=8_000,
    ),
    document("a fragment in itself", "{...A} fragment A on Query{...A}", 422, NOT_VALID, "within itself"),
    document(
        "fragments in each other",
        "{...A} fragment A on Query{customer(id:1){...B}} fragment B on Customer{...on Customer{...B ...A}}",
        422,
        NOT_VALID,
        "within itself",
    ),
    document(
        "a fragment in itself by an inline one",
        "{...A} fragment A on Query{...{...@skip(if:true){...A}}}",
        422,
        NOT_VALID,
        "within itself",
    ),
    document(
        "a ring of fragments",
        f"{{...F0}} {many('fragment F% on Query{...{...{...F^}}}', 99)} fragment F99 on Query{{...F0}}",
        422,
        TOO_MUCH,
        _NESTED,
    ),
    document(
        "a chain of fragments",
        f"{{...F0}} {many('fragment F% on Query{...{...{...F^}}}', 99)} fragment F99 on Query{{__typename}}",
        422,
        TOO_MUCH,
        _NESTED,
    ),
    document("fragments by the hundred", "{a}" + "fragment A on Query{a}" * 240, 422, TOO_MUCH, "beside operations"),
    document("fragments that nobody uses", f"{{__typename}} {many('fragment F% on Query{a}', 99)}", 422, NOT_VALID),
    document(
        "fragments of one name",
        "{...A} " + "fragment A on Query{__typename}" * 99,
        422,
        NOT_VALID,
        "only one fragment",
        longest=20_000,
    ),
    document("a fragment with arguments", "{...A(a:1)} fragment A($a:Int) on Query{__typename}", 400, NO_GRAPHQL),
]  # fmt: skip

DEEP = [
    document("fields within fields", "{a" * 150 + "}" * 150, 422, TOO_MUCH, "(GATEWAY_MAX_DEPTH)"),
    document("more fields within fields", "{a" * 450 + "}" * 450, 422, TOO_MUCH, _NESTED),
    document("fields without an end", "{a" * 40_000, 422, TOO_MUCH, _NESTED),
    document("brackets without an end", "{" * 90_000, 400, NO_GRAPHQL),
    document("inline fragments within each other", "{..." * 450 + "{id}" + "}" * 450, 422, TOO_MUCH, _NESTED),
    document(
        "fields in inline fragments within each other",
        "{" + "...{" * 180 + "__typename " * 200 + "}" * 181,
        422,
        TOO_MUCH,
        _SAME,
    ),
    document("lists within lists", f"{{customers(ids:{'[' * 450}{']' * 450}){{id}}}}", 422, TOO_MUCH, _NESTED),
    document("some lists within lists", f"{{customers(ids:{'[' * 150}{']' * 150}){{id}}}}", 422, NOT_VALID),
    document(
        "objects within objects",
        f"{{_entities(representations:{'{a:' * 450}1{'}' * 450}){{__typename}}}}",
        422,
        TOO_MUCH,
        _NESTED,
    ),
    document(
        "some objects within objects",
        f"{{_entities(representations:{'{a:' * 150}1{'}' * 150}){{__typename}}}}",
        294,
        BAD_INPUT,
    ),
    document("types within types", f"query($a:{'[' * 450}Int{']' * 450}){{__typename}}", 422, TOO_MUCH, _NESTED),
    document("some types within types", f"query($a:{'[' * 150}Int{']' * 150}){{__typename}}", 422, NOT_VALID),
]

ALL = [*ALIASES, *DIRECTIVES, *DUPLICATES, *FRAGMENTS, *DEEP]

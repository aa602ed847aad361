"""A document is parsed as graphql-core does it, and no further than it may go."""

import gc
from typing import Any

import pytest
from graphql import DocumentNode, GraphQLSyntaxError, Lexer, Node, Source, TokenKind, parse
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.nodes import within
from gateway.parsing import BoundedParser, TooManySelections, _Lexer
from tests.plan import nasty
from tests.plan.operations import Asked, operations

SCHEMA = nasty.SCHEMA._schema  # noqa: SLF001  # Strawberry has no public name for it
SIGNS = "{}()[]:!$@=|&.#\"'\\ \t,\ufeff\r\nab_1-é\ud800\U0001f600?"
STRINGS = [
    '"a"',
    '"',
    '\\"',
    "\\n",
    "\\\\",
    "\\/\\b\\f\\r\\t",
    "\\u0041",
    "\\u{1F600}",
    "\\x",
    "a",
    "\n",
    "\ud800",
    "\U0001f600",
]
LEXEMES = ["...", '"""', "ab_1", "Abc", "-1.5e3", "0", '"a"', "# a", "\r\n", *SIGNS]


def parser(text: str, *, tokens: int = 10_000, comments: int = 100, selections: int = 1000) -> BoundedParser:
    return BoundedParser(text, tokens=tokens, comments=comments, selections=selections)


def lexed(lexer: Lexer) -> tuple[list[tuple[Any, ...]], str | None]:
    """Return the tokens, and how it went on."""
    tokens = []
    try:
        while lexer.token.kind is not TokenKind.EOF:
            token = lexer.advance()
            tokens.append((token.kind, token.start, token.end, token.line, token.column, token.value))
    except GraphQLSyntaxError as error:
        return tokens, str(error)
    return tokens, None


@given(st.lists(st.sampled_from(LEXEMES), max_size=30).map("".join))
@example("a\r\n\r\n  b # c\n{d}")
def test_tokens_are_those_that_graphql_core_reads(text: str) -> None:
    assert lexed(_Lexer(Source(text))) == lexed(Lexer(Source(text)))


@given(st.lists(st.sampled_from(STRINGS), max_size=12).map("".join))
@example('"\\"\\\\\\/\\b\\f\\n\\r\\t" "" "a"')
def test_strings_are_those_that_graphql_core_reads(text: str) -> None:
    assert lexed(_Lexer(Source(text))) == lexed(Lexer(Source(text)))


def test_a_string_is_read_by_few_steps_however_long_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(Lexer, "read_string")
    token = _Lexer(Source('"' + r"a\n" * 10_000 + '"')).advance()
    assert token.value == "a\n" * 10_000


def places(document: DocumentNode) -> list[tuple[str, int, int, str]]:
    return [(node.kind, node.loc.start, node.loc.end, node.loc.source.body) for node in within(document) if node.loc]


@given(operations(SCHEMA))
def test_a_document_is_the_one_that_graphql_core_makes(asked: Asked) -> None:
    mine, theirs = parser(asked.text).parse_document(), parse(asked.text)
    assert without_places(mine) == without_places(theirs)
    assert places(mine) == places(theirs)
    assert mine.token_count == theirs.token_count


def without_places(node: Node) -> dict[str, Any]:
    def plain(value: object) -> object:
        if isinstance(value, Node):
            return without_places(value)
        return list(map(plain, value)) if isinstance(value, tuple) else value

    return {"kind": node.kind} | {key: plain(getattr(node, key)) for key in node.keys if key != "loc"}


@pytest.mark.parametrize(
    ("text", "longest"),
    [
        ("{ a }", 1),
        ("query Abc { a }", 5),
        ("query Abcdefg($abcdefgh: Int) { a }", 8),
        ('{ a(abc: "abcdefghij", ab: 1234567) # abcdefghij\n }', 3),
        ("{ abcd: a ...B } fragment B on A @abcdefghij { a }", 10),
    ],
)
def test_the_longest_name_is_found_whatever_it_is_of(text: str, longest: int) -> None:
    bounded = parser(text)
    bounded.parse_document()
    assert bounded.longest_name == longest


@pytest.mark.parametrize("text", ["{ a b c }", "{ a { b c } }", "{ a ...{ b } }", "{ a ...B ...B }", "{ a } { b c }"])
def test_a_selection_too_many_is_not_read(text: str) -> None:
    parser(text, selections=3).parse_document()
    with pytest.raises(TooManySelections):
        parser(text, selections=2).parse_document()


def test_what_comes_after_too_many_is_not_looked_at() -> None:
    with pytest.raises(TooManySelections):
        parser("{ a b c ?", selections=2).parse_document()


@pytest.mark.parametrize(
    ("bounds", "text"), [({"tokens": 3}, "{ a b }"), ({"comments": 2}, "{ # \n a # \n # \n }"), ({}, "{ a")]
)
def test_what_is_no_document_or_too_long_is_told_in_graphql_cores_words(bounds: dict[str, int], text: str) -> None:
    with pytest.raises(GraphQLSyntaxError) as mine:
        parser(text, **bounds).parse_document()
    with pytest.raises(GraphQLSyntaxError) as theirs:
        parse(text, max_lexical_tokens=bounds.get("tokens"), max_comments=bounds.get("comments"))
    assert str(mine.value) == str(theirs.value)


def test_brackets_that_are_nested_too_deeply_end_it() -> None:
    with pytest.raises(RecursionError):
        parser("{a" * 300 + "}" * 300).parse_document()


def test_nothing_of_parsing_waits_for_the_collector() -> None:
    parser("{ a }").parse_document()
    gc.collect()
    gc.disable()
    try:
        parser("{ a b(c: [1, 2]) # d\n }").parse_document()
        assert gc.collect() == 0
    finally:
        gc.enable()

"""Parsing by graphql-core, in bounded time: it reads on no further than a document may go.

Names, signs and strings, and what is between them, are read by expressions: graphql-core goes through them character by
character, which is most of what its parsing takes. What it makes has no tokens, and nothing that goes around in a ring.
"""

import re

from graphql import Location, SelectionNode, Source, Token, TokenKind
from graphql.language.lexer import Lexer
from graphql.language.parser import Parser
from msgspec import Struct

from gateway.source import LINE_END, Text

_NEXT = re.compile(r"[ \t,\ufeff\n\r]*(?:(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<sign>[!$&():=@\[\]{|}]|\.\.\.))")
_STRING = re.compile(r'"[^"\\\n\r\ud800-\udfff]*+(?:\\["\\/bfnrt][^"\\\n\r\ud800-\udfff]*+)*+"')
_ESCAPED = re.compile(r"\\(.)")
_MEANT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_SIGNS = {kind.value: kind for kind in TokenKind}


class TooManySelections(Exception):
    """A document has more fields and fragments than it may."""


class Span(Struct, frozen=True, gc=False):
    """A node's location: where it begins in the source, and ends."""

    start: int
    end: int
    source: Source


class BoundedParser(Parser):
    """Ends with GraphQLSyntaxError at a token or comment too many, with TooManySelections at such a selection.

    It ends with RecursionError where brackets are nested too deeply.
    """

    _lexer: "_Lexer"

    def __init__(self, text: str, *, tokens: int, comments: int, selections: int) -> None:
        source = Text(text)
        super().__init__(source, lexer=_Lexer(source), max_lexical_tokens=tokens, max_comments=comments)
        self._selections_left = selections

    @property
    def longest_name(self) -> int:
        """How many characters the longest name has."""
        return self._lexer.longest_name

    def parse_selection(self) -> SelectionNode:
        self._selections_left -= 1
        if self._selections_left < 0:
            raise TooManySelections
        return super().parse_selection()

    def loc(self, start_token: Token) -> Location:
        lexer = self._lexer
        return Span(start_token.start, lexer.last_token.end, lexer.source)  # type: ignore[return-value]  # in all that is asked of it


class _Lexer(Lexer):
    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self.longest_name = 0

    def lookahead(self) -> Token:
        """Return the next token that is no comment; none knows the one before it."""
        token = self.token
        while token.kind is not TokenKind.EOF:
            if token.next is None:
                token.next = self.read_next_token(token.end)
            token = token.next
            if token.kind is not TokenKind.COMMENT:
                break
        return token

    def read_next_token(self, start: int) -> Token:
        found = _NEXT.match(self.source.body, start)
        if found is None:  # a value, a comment, the end, or none of the language
            return super().read_next_token(start)
        end, name = found.end(), found["name"]
        text = name or found["sign"]
        at = end - len(text)
        if at != start:
            self._count_lines(start, at)
        if not name:
            return self.create_token(_SIGNS[text], at, end)
        self.longest_name = max(self.longest_name, len(name))
        return self.create_token(TokenKind.NAME, at, end, name)

    def read_string(self, start: int) -> Token:
        found = _STRING.match(self.source.body, start)
        if found is None:  # it has code points by number, or is none
            return super().read_string(start)
        value = _ESCAPED.sub(lambda each: _MEANT.get(each[1], each[1]), found[0][1:-1])
        return self.create_token(TokenKind.STRING, start, found.end(), value)

    def _count_lines(self, start: int, end: int) -> None:
        for line_end in LINE_END.finditer(self.source.body, start, end):
            self.line += 1
            self.line_start = line_end.end()

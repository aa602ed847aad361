"""A document's text, its lines and tokens: what graphql-core has of them is dear, or left to the collector."""

import re
from bisect import bisect_left
from functools import cached_property

from graphql import DocumentNode, Source, SourceLocation, Token, TokenKind

_LINE_END = re.compile(r"\r\n|[\n\r]")


def longest_name(document: DocumentNode) -> int:
    """Return how many characters the longest name has."""
    longest = 0
    token: Token | None = document.loc.start_token if document.loc else None
    while token:
        if token.kind is TokenKind.NAME:
            longest = max(longest, len(token.value or ""))
        token = token.next
    return longest


def unlink(document: DocumentNode) -> None:
    """Let a document's tokens go of each other: a document that is dropped would be the collector's, else."""
    token: Token | None = document.loc.start_token if document.loc else None
    while token:
        following = token.next
        token.prev = token.next = None
        token = following


class Text(Source):
    """Knows where its lines begin: graphql-core looks for them anew at each error."""

    __slots__ = ()

    def get_location(self, position: int) -> SourceLocation:
        ends, starts = self._lines
        before = bisect_left(ends, position)
        return SourceLocation(before + 1, position + 1 - starts[before])

    @cached_property
    def _lines(self) -> tuple[list[int], list[int]]:
        """Where lines end, and where they start, which there is one more of."""
        found = [match.span() for match in _LINE_END.finditer(self.body)]
        return [start for start, _ in found], [0, *(end for _, end in found)]

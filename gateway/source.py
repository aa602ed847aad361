"""A document's text, and its lines."""

import re
from bisect import bisect_left
from functools import cached_property

from graphql import Source, SourceLocation

LINE_END = re.compile(r"\r\n|[\n\r]")


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
        found = [match.span() for match in LINE_END.finditer(self.body)]
        return [start for start, _ in found], [0, *(end for _, end in found)]

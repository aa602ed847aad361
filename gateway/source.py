"""A document's text that knows where its lines begin: graphql-core looks for them anew at each error."""

import re
from bisect import bisect_left
from functools import cached_property

from graphql import Source, SourceLocation

_LINE_END = re.compile(r"\r\n|[\n\r]")


class Text(Source):
    """Finds the location of a position in the time that the number of lines has digits."""

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

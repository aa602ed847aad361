"""An exception as text for the log: what was raised where, and its words where no value can be among them.

What went wrong unforeseen may quote whatever it went wrong with: a body, a header, a customer.
"""

from collections.abc import Iterator
from traceback import walk_tb

from gateway.errors import GatewayError

LONGEST = 2000
"""Characters; what was raised last, and where, is at the end."""

_MOST_FRAMES = 25
_MOST_CAUSES = 6
_NO_VALUES = {AttributeError, ImportError, NameError, NotImplementedError, RecursionError, TypeError, ZeroDivisionError}
"""Their words, by Python itself, are of names and types."""


def told(error: BaseException) -> str:
    """Return the exception after those that it came of, each with the frames it was raised in."""
    text = "\n".join(map(_one, reversed(list(_causes(error)))))
    return text if len(text) <= LONGEST else f"...{text[3 - LONGEST :]}"


def _causes(error: BaseException) -> Iterator[BaseException]:
    left, seen = [error], set[int]()
    while left and len(seen) < _MOST_CAUSES:
        one = left.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        left += one.exceptions if isinstance(one, BaseExceptionGroup) else ()
        if cause := one.__cause__ or (None if one.__suppress_context__ else one.__context__):
            left.append(cause)


def _one(error: BaseException) -> str:
    frames = [(frame.f_code, line) for frame, line in walk_tb(error.__traceback__)][-_MOST_FRAMES:]
    where = [f'  File "{code.co_filename}", line {line}, in {code.co_qualname}' for code, line in frames]
    return "\n".join(["Traceback (most recent call last):", *where, _named(error)])


def _named(error: BaseException) -> str:
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    has_words = (isinstance(error, GatewayError) or kind in _NO_VALUES) and str(error)
    return f"{name}: {error}" if has_words else name

"""Apollo's inline trace, as bytes: the messages Trace, Node and Error of its reports.proto in protobuf's encoding.

Written here, for a field's node is the same for all of its parents: its bytes are made once, which no protobuf package
can. Names are as in reports.proto; times are in nanoseconds, those of nodes from the trace's start.
"""

from collections.abc import Mapping, Sequence

NAME = "ftv1"
"""In ``extensions``, and what the header says that asks for it."""

HEADER = b"apollo-federation-include-trace"
_SECOND = 10**9
_SMALL = [bytes((number,)) for number in range(128)]


def trace(root: bytes, start_time: int, *, duration_ns: int, is_incomplete: bool) -> bytes:
    """Return a Trace; ``start_time`` since the epoch."""
    return b"".join(
        (
            _message(3, _timestamp(start_time + duration_ns)),
            _message(4, _timestamp(start_time)),
            _number(11, duration_ns),
            _message(14, root),
            _number(33, 1) if is_incomplete else b"",
        )
    )


def response_name(name: str) -> bytes:
    """Return the beginning of a field's Node."""
    return _text(1, name)


def index(number: int) -> bytes:
    """Return the beginning of an item's Node."""
    return _number(2, number)


def resolved(type_: str, parent_type: str, original_field_name: str, start_time: int, end_time: int) -> bytes:
    """Return what a field's Node says beside its name; the original one is empty where it has no alias."""
    return b"".join(
        (
            _text(3, type_),
            _number(8, start_time),
            _number(9, end_time),
            _text(13, parent_type),
            _text(14, original_field_name) if original_field_name else b"",
        )
    )


def error(message: str, locations: Sequence[Mapping[str, int]], json: str) -> bytes:
    """Return an Error of a Node."""
    places = (_message(2, _number(1, place["line"]) + _number(2, place["column"])) for place in locations)
    return _message(11, b"".join((_text(1, message), *places, _text(4, json))))


def child(node: bytes) -> bytes:
    """Return a Node in another one."""
    return _message(12, node)


def _timestamp(since_epoch: int) -> bytes:
    return _number(1, since_epoch // _SECOND) + _number(2, since_epoch % _SECOND)


def _text(field: int, text: str) -> bytes:
    return _message(field, text.encode())


def _message(field: int, content: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(content)) + content


def _number(field: int, number: int) -> bytes:
    return varint(field << 3) + varint(number)


def varint(number: int) -> bytes:
    """Return a number that is not negative, seven bits a byte, the last first."""
    if number < 128:
        return _SMALL[number]
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)

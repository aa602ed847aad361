"""The bytes of a trace are what the protobuf package reads as the same trace."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gateway import ftv1
from tests.reports import Trace

texts = st.text(max_size=200)
times = st.integers(0, 2**64 - 1)
numbers = st.integers(0, 2**32 - 1)
errors = st.builds(
    Trace.Error,
    message=texts,
    location=st.lists(st.builds(Trace.Location, line=numbers, column=numbers), max_size=3),
    json=texts,
)
items = st.builds(Trace.Node, index=numbers)
fields = st.builds(
    Trace.Node,
    response_name=texts,
    type=texts,
    parent_type=texts,
    original_field_name=texts,
    start_time=times,
    end_time=times,
)


def grown(node: Any, error: list[Any], child: list[Any]) -> Any:
    grown = type(node)()
    grown.CopyFrom(node)
    grown.error.extend(error)
    grown.child.extend(child)
    return grown


nodes = st.recursive(
    items | fields,
    lambda inner: st.builds(grown, items | fields, st.lists(errors, max_size=2), st.lists(inner, max_size=3)),
    max_leaves=20,
)


def written(node: Any) -> bytes:
    """Write a node as the gateway does, piece by piece."""
    if node.WhichOneof("id") == "index":
        out = ftv1.index(node.index)
    else:
        out = ftv1.response_name(node.response_name)
        told = node.type, node.parent_type, node.original_field_name, node.start_time, node.end_time
        out += ftv1.resolved(*told)
    for error in node.error:
        places = [{"line": place.line, "column": place.column} for place in error.location]
        out += ftv1.error(error.message, places, error.json)
    return out + b"".join(ftv1.child(written(each)) for each in node.child)


@given(nodes, st.integers(0, 2**62), st.integers(0, 2**62), st.booleans())
def test_a_trace_is_read_as_it_was_meant(root: Any, start: int, duration: int, is_incomplete: bool) -> None:
    whole = Trace(duration_ns=duration, root=root, is_incomplete=is_incomplete)
    for stamp, at in ((whole.start_time, start), (whole.end_time, start + duration)):
        stamp.seconds, stamp.nanos = divmod(at, 10**9)
    out = ftv1.trace(written(root), start, duration_ns=duration, is_incomplete=is_incomplete)
    assert Trace.FromString(out) == whole


@given(times)
def test_a_number_is_written_in_as_few_bytes_as_may_be(number: int) -> None:
    out = ftv1.varint(number)
    assert sum((byte & 127) << 7 * place for place, byte in enumerate(out)) == number
    assert len(out) == max(1, -(-number.bit_length() // 7))


def test_the_first_item_says_that_it_is_the_first() -> None:
    node = Trace.Node.FromString(ftv1.index(0))
    assert (node.WhichOneof("id"), node.index) == ("index", 0)

"""Apollo's reports.proto, as far as an inline trace has it: messages that the protobuf package reads and writes."""

import base64
from collections.abc import Iterator
from typing import Any

from google.protobuf import timestamp_pb2
from google.protobuf.descriptor_pb2 import FieldDescriptorProto as Field
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

_KINDS = {
    "string": Field.TYPE_STRING,
    "uint32": Field.TYPE_UINT32,
    "uint64": Field.TYPE_UINT64,
    "bool": Field.TYPE_BOOL,
}
_TRACE = {
    "end_time": (3, ".google.protobuf.Timestamp"),
    "start_time": (4, ".google.protobuf.Timestamp"),
    "duration_ns": (11, "uint64"),
    "root": (14, ".Trace.Node"),
    "is_incomplete": (33, "bool"),
}
_NODE = {
    "response_name": (1, "string"),
    "index": (2, "uint32"),
    "type": (3, "string"),
    "start_time": (8, "uint64"),
    "end_time": (9, "uint64"),
    "error": (11, "*.Trace.Error"),
    "child": (12, "*.Trace.Node"),
    "parent_type": (13, "string"),
    "original_field_name": (14, "string"),
}
_ERROR = {"message": (1, "string"), "location": (2, "*.Trace.Location"), "json": (4, "string")}
_LOCATION = {"line": (1, "uint32"), "column": (2, "uint32")}


def _fields(message: Any, fields: dict[str, tuple[int, str]]) -> None:
    for name, (number, kind) in fields.items():
        added = message.field.add(name=name, number=number, label=Field.LABEL_OPTIONAL)
        if kind in _KINDS:
            added.type = _KINDS[kind]
            continue
        added.type, added.type_name = Field.TYPE_MESSAGE, kind.lstrip("*")
        if kind.startswith("*"):
            added.label = Field.LABEL_REPEATED


def _messages() -> Any:
    file = FileDescriptorProto(name="reports.proto", syntax="proto3", dependency=[timestamp_pb2.DESCRIPTOR.name])
    trace = file.message_type.add(name="Trace")
    _fields(trace, _TRACE)
    for name, fields in (("Node", _NODE), ("Error", _ERROR), ("Location", _LOCATION)):
        message = trace.nested_type.add(name=name)
        _fields(message, fields)
        if name == "Node":
            message.oneof_decl.add(name="id")
            message.field[0].oneof_index = message.field[1].oneof_index = 0
    pool = DescriptorPool()
    pool.AddSerializedFile(timestamp_pb2.DESCRIPTOR.serialized_pb)
    pool.Add(file)
    return GetMessageClass(pool.FindMessageTypeByName("Trace"))


Trace: Any = _messages()


def read(ftv1: str) -> Any:
    """Return the Trace of an answer; raises for what is none."""
    return Trace.FromString(base64.b64decode(ftv1, validate=True))


def walked(node: Any, at: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Return the nodes by their paths; raises for two of one path."""
    yield at, node
    keys = [each.response_name if each.WhichOneof("id") == "response_name" else each.index for each in node.child]
    assert len(set(keys)) == len(keys), at
    for key, each in zip(keys, node.child, strict=True):
        yield from walked(each, (*at, key))

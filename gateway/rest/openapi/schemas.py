"""Proto messages as JSON schemas, after the protobuf JSON mapping (https://protobuf.dev/programming-guides/json/).

A message has two schemas. Answers are exact: names as in the proto, fields without presence always there. Requests may
be looser: numbers as strings, enums by number, null for "not set".
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import combinations
from typing import Any

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

from selvage_api.comments import COMMENTS

Schema = dict[str, Any]

INT32 = {"minimum": -(1 << 31), "maximum": (1 << 31) - 1}
UINT32 = {"minimum": 0, "maximum": (1 << 32) - 1}
_NUMBER_TEXT = {"type": "string", "pattern": r"^-?[0-9]{1,9}(\.[0-9]{1,9})?$"}
_INTEGER_TEXT = {"type": "string", "pattern": r"^-?[0-9]{1,9}$"}
_LONG = {"type": "string", "pattern": r"^-?[0-9]{1,19}$", "format": "int64"}
_WELL_KNOWN: dict[str, Schema] = {
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.Duration": {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]{1,9})?s$"},
    "google.protobuf.FieldMask": {"type": "string"},
    "google.protobuf.Struct": {"type": "object"},
}
_F = FieldDescriptor
_INT32 = {_F.TYPE_INT32, _F.TYPE_SINT32, _F.TYPE_SFIXED32}
_UINT32 = {_F.TYPE_UINT32, _F.TYPE_FIXED32}
_INT64 = {_F.TYPE_INT64, _F.TYPE_SINT64, _F.TYPE_SFIXED64, _F.TYPE_UINT64, _F.TYPE_FIXED64}
_FLOAT = {_F.TYPE_FLOAT, _F.TYPE_DOUBLE}


class Schemas:
    """Collects the messages a document names; `components` is what stands under `components/schemas`."""

    def __init__(self) -> None:
        self.components: dict[str, Schema] = {}
        self._owners: dict[str, tuple[str, bool]] = {}

    def answer(self, message: Descriptor) -> Schema:
        return self._reference(message, request=False)

    def request(self, message: Descriptor, without: Collection[str] = ()) -> Schema:
        """`without`: fields that stand elsewhere in the request."""
        if not without:
            return self._reference(message, request=True)
        return self._message(message, request=True, without=without)

    def _reference(self, message: Descriptor, *, request: bool) -> Schema:
        name = self._name(message, request)
        if name not in self.components:
            self.components[name] = {}  # a message may hold itself
            self.components[name] = self._message(message, request=request)
        return {"$ref": f"#/components/schemas/{name}"}

    def _name(self, message: Descriptor | EnumDescriptor, request: bool) -> str:
        """The last part of the name; with its area before it when another area has taken that."""
        assert message.full_name is not None
        *packages, last = message.full_name.split(".")
        last += "Input" if request and not last.endswith("Request") else ""
        for name in (last, packages[-2].title() + last):
            if self._owners.setdefault(name, (message.full_name, request)) == (message.full_name, request):
                return name
        raise AssertionError(f"two schemas are named {name}")

    def _message(self, message: Descriptor, *, request: bool, without: Collection[str] = ()) -> Schema:
        fields = [field for field in message.fields if field.name not in without]
        properties = {field.name: self._described(field, request) for field in fields}
        schema: Schema = {"type": "object", "properties": properties}
        if COMMENTS.get(message.full_name):
            schema["description"] = COMMENTS[message.full_name]
        if request:
            schema["additionalProperties"] = False
        elif always := [field.name for field in fields if not field.has_presence]:
            schema["required"] = always
        if excluding := [pair for group in message.oneofs for pair in combinations(group.fields, 2)]:
            schema["allOf"] = [{"not": {"required": [one.name, other.name]}} for one, other in excluding]
        return schema

    def _described(self, field: FieldDescriptor, request: bool) -> Schema:
        schema = self._field(field, request)
        if request:
            schema = _or_null(schema)
        comment = COMMENTS.get(field.full_name)
        return schema | ({"description": comment} if comment else {})

    def _field(self, field: FieldDescriptor, request: bool) -> Schema:
        entry = field.message_type
        if entry is not None and entry.GetOptions().map_entry:
            value = self._single(entry.fields_by_name["value"], request)
            return {"type": "object", "additionalProperties": value}
        single = self._single(field, request)
        return {"type": "array", "items": single} if field.is_repeated else single

    def _single(self, field: FieldDescriptor, request: bool) -> Schema:
        if field.message_type is not None:
            known = _WELL_KNOWN.get(field.message_type.full_name)
            return dict(known) if known else self._reference(field.message_type, request=request)
        if field.enum_type is not None:
            return self._enum(field.enum_type, request)
        exact, looser = _scalar(field.type)
        return {"anyOf": [exact, looser]} if request and looser else exact

    def _enum(self, enum: EnumDescriptor, request: bool) -> Schema:
        name = self._name(enum, request)
        values = list(enum.values_by_name)
        comments = {value: COMMENTS.get(f"{enum.full_name}.{value}") for value in values}
        told = [COMMENTS.get(enum.full_name, ""), *(f"`{value}`: {text}" for value, text in comments.items() if text)]
        schema: Schema = {"enum": [*values, *map(int, enum.values_by_number)] if request else values}
        self.components[name] = schema | ({"description": " ".join(told).strip()} if any(told) else {})
        return {"$ref": f"#/components/schemas/{name}"}


def _or_null(schema: Schema) -> Schema:
    """null stands for a field that is not set."""
    if isinstance(schema.get("type"), str):
        return schema | {"type": [schema["type"], "null"]}
    return {"anyOf": [*schema.get("anyOf", [schema]), {"type": "null"}]}


def _scalar(kind: int) -> tuple[Schema, Schema | None]:
    """(what is answered, what a request may have beside it)."""
    if kind in _INT32 | _UINT32:
        return {"type": "integer", **(INT32 if kind in _INT32 else UINT32)}, _INTEGER_TEXT
    if kind in _INT64:
        return dict(_LONG), {"type": "integer"}
    if kind in _FLOAT:
        return {"type": "number", "format": "double" if kind == _F.TYPE_DOUBLE else "float"}, _NUMBER_TEXT
    if kind == _F.TYPE_BYTES:
        return {"type": "string", "contentEncoding": "base64"}, None
    return {"type": "boolean" if kind == _F.TYPE_BOOL else "string"}, None

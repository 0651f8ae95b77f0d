"""Action descriptors: the typed key-value trees PSD keeps smart objects in (specification, "Descriptor structure")."""

from __future__ import annotations

import struct
from dataclasses import dataclass


@dataclass(frozen=True)
class Enumerated:
    kind: bytes
    value: bytes


@dataclass(frozen=True)
class Unit:
    unit: bytes  # b"#Pxl" pixels, b"#Rsl" pixels per inch
    value: float


@dataclass(frozen=True)
class Descriptor:
    kind: bytes
    items: tuple[tuple[bytes, Value], ...]


Value = int | float | str | Enumerated | Unit | Descriptor | tuple["Value", ...]


def encode(descriptor: Descriptor) -> bytes:
    """The descriptor without the version number that most blocks put before it."""
    items = b"".join(_key(key) + _value(value) for key, value in descriptor.items)
    return unicode_string("") + _key(descriptor.kind) + struct.pack(">I", len(descriptor.items)) + items


def unicode_string(text: str, end: str = "\0") -> bytes:
    """Length in UTF-16 units, then UTF-16. Descriptors end their strings with a zero, layer names do not."""
    data = (text + end).encode("utf-16-be")
    return struct.pack(">I", len(data) // 2) + data


def _key(key: bytes) -> bytes:
    return struct.pack(">I", 0 if len(key) == 4 else len(key)) + key


def _value(value: Value) -> bytes:
    match value:
        case int():
            out = b"long" + struct.pack(">i", value)
        case float():
            out = b"doub" + struct.pack(">d", value)
        case str():
            out = b"TEXT" + unicode_string(value)
        case Enumerated(kind, name):
            out = b"enum" + _key(kind) + _key(name)
        case Unit(unit, number):
            out = b"UntF" + unit + struct.pack(">d", number)
        case Descriptor():
            out = b"Objc" + encode(value)
        case tuple():
            out = b"VlLs" + struct.pack(">I", len(value)) + b"".join(map(_value, value))
    return out

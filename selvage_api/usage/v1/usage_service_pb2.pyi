from selvage_api.images.v1 import use_pb2 as _use_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CollectRequest(_message.Message):
    __slots__ = ("booked",)
    class BookedEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    BOOKED_FIELD_NUMBER: _ClassVar[int]
    booked: _containers.ScalarMap[str, int]
    def __init__(self, booked: _Optional[_Mapping[str, int]] = ...) -> None: ...

class CollectResponse(_message.Message):
    __slots__ = ("entries", "process", "more")
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    PROCESS_FIELD_NUMBER: _ClassVar[int]
    MORE_FIELD_NUMBER: _ClassVar[int]
    entries: _containers.RepeatedCompositeFieldContainer[Entry]
    process: str
    more: bool
    def __init__(self, entries: _Optional[_Iterable[_Union[Entry, _Mapping]]] = ..., process: _Optional[str] = ..., more: _Optional[bool] = ...) -> None: ...

class Entry(_message.Message):
    __slots__ = ("charge_to", "method", "use")
    CHARGE_TO_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    USE_FIELD_NUMBER: _ClassVar[int]
    charge_to: str
    method: str
    use: _use_pb2.StageUse
    def __init__(self, charge_to: _Optional[str] = ..., method: _Optional[str] = ..., use: _Optional[_Union[_use_pb2.StageUse, _Mapping]] = ...) -> None: ...

import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from selvage_api.images.v1 import images_pb2 as _images_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Shoot(_message.Message):
    __slots__ = ("shop", "name", "images", "plate_source", "plate_photos", "plate", "detail", "empty_frame", "create_time", "freeze_time")
    SHOP_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    IMAGES_FIELD_NUMBER: _ClassVar[int]
    PLATE_SOURCE_FIELD_NUMBER: _ClassVar[int]
    PLATE_PHOTOS_FIELD_NUMBER: _ClassVar[int]
    PLATE_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    EMPTY_FRAME_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    FREEZE_TIME_FIELD_NUMBER: _ClassVar[int]
    shop: str
    name: str
    images: int
    plate_source: str
    plate_photos: int
    plate: _images_pb2.ObjectRef
    detail: str
    empty_frame: _images_pb2.ObjectRef
    create_time: _timestamp_pb2.Timestamp
    freeze_time: _timestamp_pb2.Timestamp
    def __init__(self, shop: _Optional[str] = ..., name: _Optional[str] = ..., images: _Optional[int] = ..., plate_source: _Optional[str] = ..., plate_photos: _Optional[int] = ..., plate: _Optional[_Union[_images_pb2.ObjectRef, _Mapping]] = ..., detail: _Optional[str] = ..., empty_frame: _Optional[_Union[_images_pb2.ObjectRef, _Mapping]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., freeze_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class GetShootRequest(_message.Message):
    __slots__ = ("shop", "name")
    SHOP_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    shop: str
    name: str
    def __init__(self, shop: _Optional[str] = ..., name: _Optional[str] = ...) -> None: ...

class GetShootResponse(_message.Message):
    __slots__ = ("shoot",)
    SHOOT_FIELD_NUMBER: _ClassVar[int]
    shoot: Shoot
    def __init__(self, shoot: _Optional[_Union[Shoot, _Mapping]] = ...) -> None: ...

class ListShootsRequest(_message.Message):
    __slots__ = ("shop", "page_size", "page_token")
    SHOP_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    shop: str
    page_size: int
    page_token: str
    def __init__(self, shop: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListShootsResponse(_message.Message):
    __slots__ = ("shoots", "next_page_token")
    SHOOTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    shoots: _containers.RepeatedCompositeFieldContainer[Shoot]
    next_page_token: str
    def __init__(self, shoots: _Optional[_Iterable[_Union[Shoot, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class SetEmptyFrameRequest(_message.Message):
    __slots__ = ("shop", "name", "original_key")
    SHOP_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    ORIGINAL_KEY_FIELD_NUMBER: _ClassVar[int]
    shop: str
    name: str
    original_key: str
    def __init__(self, shop: _Optional[str] = ..., name: _Optional[str] = ..., original_key: _Optional[str] = ...) -> None: ...

class SetEmptyFrameResponse(_message.Message):
    __slots__ = ("shoot",)
    SHOOT_FIELD_NUMBER: _ClassVar[int]
    shoot: Shoot
    def __init__(self, shoot: _Optional[_Union[Shoot, _Mapping]] = ...) -> None: ...

import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ImageState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    IMAGE_STATE_UNSPECIFIED: _ClassVar[ImageState]
    IMAGE_STATE_RECEIVED: _ClassVar[ImageState]
    IMAGE_STATE_PROCESSING: _ClassVar[ImageState]
    IMAGE_STATE_NEEDS_REVIEW: _ClassVar[ImageState]
    IMAGE_STATE_IN_EDIT: _ClassVar[ImageState]
    IMAGE_STATE_APPROVED: _ClassVar[ImageState]
    IMAGE_STATE_REJECTED: _ClassVar[ImageState]
    IMAGE_STATE_PUBLISHED: _ClassVar[ImageState]
    IMAGE_STATE_FAILED: _ClassVar[ImageState]
    IMAGE_STATE_CANCELLED: _ClassVar[ImageState]

class Tier(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TIER_UNSPECIFIED: _ClassVar[Tier]
    TIER_HERO: _ClassVar[Tier]
    TIER_BULK: _ClassVar[Tier]
IMAGE_STATE_UNSPECIFIED: ImageState
IMAGE_STATE_RECEIVED: ImageState
IMAGE_STATE_PROCESSING: ImageState
IMAGE_STATE_NEEDS_REVIEW: ImageState
IMAGE_STATE_IN_EDIT: ImageState
IMAGE_STATE_APPROVED: ImageState
IMAGE_STATE_REJECTED: ImageState
IMAGE_STATE_PUBLISHED: ImageState
IMAGE_STATE_FAILED: ImageState
IMAGE_STATE_CANCELLED: ImageState
TIER_UNSPECIFIED: Tier
TIER_HERO: Tier
TIER_BULK: Tier

class ObjectRef(_message.Message):
    __slots__ = ("key", "sha256", "size_bytes", "media_type")
    KEY_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    key: str
    sha256: str
    size_bytes: int
    media_type: str
    def __init__(self, key: _Optional[str] = ..., sha256: _Optional[str] = ..., size_bytes: _Optional[int] = ..., media_type: _Optional[str] = ...) -> None: ...

class Box(_message.Message):
    __slots__ = ("left", "top", "width", "height")
    LEFT_FIELD_NUMBER: _ClassVar[int]
    TOP_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    left: int
    top: int
    width: int
    height: int
    def __init__(self, left: _Optional[int] = ..., top: _Optional[int] = ..., width: _Optional[int] = ..., height: _Optional[int] = ...) -> None: ...

class Reason(_message.Message):
    __slots__ = ("code", "detail", "boxes")
    CODE_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    BOXES_FIELD_NUMBER: _ClassVar[int]
    code: str
    detail: str
    boxes: _containers.RepeatedCompositeFieldContainer[Box]
    def __init__(self, code: _Optional[str] = ..., detail: _Optional[str] = ..., boxes: _Optional[_Iterable[_Union[Box, _Mapping]]] = ...) -> None: ...

class Problem(_message.Message):
    __slots__ = ("reason", "message", "retryable")
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    RETRYABLE_FIELD_NUMBER: _ClassVar[int]
    reason: str
    message: str
    retryable: bool
    def __init__(self, reason: _Optional[str] = ..., message: _Optional[str] = ..., retryable: _Optional[bool] = ...) -> None: ...

class ImageFile(_message.Message):
    __slots__ = ("name", "object", "file_name", "width", "height", "expired")
    NAME_FIELD_NUMBER: _ClassVar[int]
    OBJECT_FIELD_NUMBER: _ClassVar[int]
    FILE_NAME_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    EXPIRED_FIELD_NUMBER: _ClassVar[int]
    name: str
    object: ObjectRef
    file_name: str
    width: int
    height: int
    expired: bool
    def __init__(self, name: _Optional[str] = ..., object: _Optional[_Union[ObjectRef, _Mapping]] = ..., file_name: _Optional[str] = ..., width: _Optional[int] = ..., height: _Optional[int] = ..., expired: _Optional[bool] = ...) -> None: ...

class StageRun(_message.Message):
    __slots__ = ("stage", "seconds", "attempt", "reused")
    STAGE_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    REUSED_FIELD_NUMBER: _ClassVar[int]
    stage: str
    seconds: float
    attempt: int
    reused: bool
    def __init__(self, stage: _Optional[str] = ..., seconds: _Optional[float] = ..., attempt: _Optional[int] = ..., reused: _Optional[bool] = ...) -> None: ...

class Image(_message.Message):
    __slots__ = ("image_id", "job_id", "shop", "sku", "image_no", "source_name", "shoot", "category", "tier", "template", "due_time", "original", "state", "confidence", "reasons", "error", "files", "stages", "create_time", "update_time", "etag", "original_expired")
    IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    SHOP_FIELD_NUMBER: _ClassVar[int]
    SKU_FIELD_NUMBER: _ClassVar[int]
    IMAGE_NO_FIELD_NUMBER: _ClassVar[int]
    SOURCE_NAME_FIELD_NUMBER: _ClassVar[int]
    SHOOT_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    TIER_FIELD_NUMBER: _ClassVar[int]
    TEMPLATE_FIELD_NUMBER: _ClassVar[int]
    DUE_TIME_FIELD_NUMBER: _ClassVar[int]
    ORIGINAL_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    REASONS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    STAGES_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    ORIGINAL_EXPIRED_FIELD_NUMBER: _ClassVar[int]
    image_id: str
    job_id: str
    shop: str
    sku: str
    image_no: str
    source_name: str
    shoot: str
    category: str
    tier: Tier
    template: str
    due_time: _timestamp_pb2.Timestamp
    original: ObjectRef
    state: ImageState
    confidence: float
    reasons: _containers.RepeatedCompositeFieldContainer[Reason]
    error: Problem
    files: _containers.RepeatedCompositeFieldContainer[ImageFile]
    stages: _containers.RepeatedCompositeFieldContainer[StageRun]
    create_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    etag: str
    original_expired: bool
    def __init__(self, image_id: _Optional[str] = ..., job_id: _Optional[str] = ..., shop: _Optional[str] = ..., sku: _Optional[str] = ..., image_no: _Optional[str] = ..., source_name: _Optional[str] = ..., shoot: _Optional[str] = ..., category: _Optional[str] = ..., tier: _Optional[_Union[Tier, str]] = ..., template: _Optional[str] = ..., due_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., original: _Optional[_Union[ObjectRef, _Mapping]] = ..., state: _Optional[_Union[ImageState, str]] = ..., confidence: _Optional[float] = ..., reasons: _Optional[_Iterable[_Union[Reason, _Mapping]]] = ..., error: _Optional[_Union[Problem, _Mapping]] = ..., files: _Optional[_Iterable[_Union[ImageFile, _Mapping]]] = ..., stages: _Optional[_Iterable[_Union[StageRun, _Mapping]]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., etag: _Optional[str] = ..., original_expired: _Optional[bool] = ...) -> None: ...

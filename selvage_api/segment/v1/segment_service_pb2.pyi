from selvage_api.images.v1 import images_pb2 as _images_pb2
from selvage_api.images.v1 import use_pb2 as _use_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DescribeRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class DescribeResponse(_message.Message):
    __slots__ = ("version", "fingerprint", "profiles", "default_profile")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    PROFILES_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_PROFILE_FIELD_NUMBER: _ClassVar[int]
    version: str
    fingerprint: str
    profiles: _containers.RepeatedCompositeFieldContainer[Profile]
    default_profile: str
    def __init__(self, version: _Optional[str] = ..., fingerprint: _Optional[str] = ..., profiles: _Optional[_Iterable[_Union[Profile, _Mapping]]] = ..., default_profile: _Optional[str] = ...) -> None: ...

class Profile(_message.Message):
    __slots__ = ("name", "kind", "model_version", "licence")
    NAME_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    LICENCE_FIELD_NUMBER: _ClassVar[int]
    name: str
    kind: str
    model_version: str
    licence: str
    def __init__(self, name: _Optional[str] = ..., kind: _Optional[str] = ..., model_version: _Optional[str] = ..., licence: _Optional[str] = ...) -> None: ...

class EstimatePlateRequest(_message.Message):
    __slots__ = ("photos", "output_prefix", "shoot_plate", "empty_frame")
    PHOTOS_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_PREFIX_FIELD_NUMBER: _ClassVar[int]
    SHOOT_PLATE_FIELD_NUMBER: _ClassVar[int]
    EMPTY_FRAME_FIELD_NUMBER: _ClassVar[int]
    photos: _containers.RepeatedCompositeFieldContainer[_images_pb2.ObjectRef]
    output_prefix: str
    shoot_plate: _images_pb2.ObjectRef
    empty_frame: bool
    def __init__(self, photos: _Optional[_Iterable[_Union[_images_pb2.ObjectRef, _Mapping]]] = ..., output_prefix: _Optional[str] = ..., shoot_plate: _Optional[_Union[_images_pb2.ObjectRef, _Mapping]] = ..., empty_frame: _Optional[bool] = ...) -> None: ...

class EstimatePlateResponse(_message.Message):
    __slots__ = ("plate", "numbers", "use")
    PLATE_FIELD_NUMBER: _ClassVar[int]
    NUMBERS_FIELD_NUMBER: _ClassVar[int]
    USE_FIELD_NUMBER: _ClassVar[int]
    plate: _images_pb2.ObjectRef
    numbers: PlateNumbers
    use: _use_pb2.StageUse
    def __init__(self, plate: _Optional[_Union[_images_pb2.ObjectRef, _Mapping]] = ..., numbers: _Optional[_Union[PlateNumbers, _Mapping]] = ..., use: _Optional[_Union[_use_pb2.StageUse, _Mapping]] = ...) -> None: ...

class PlateNumbers(_message.Message):
    __slots__ = ("kind", "usable", "detail", "residual", "inlier_share", "gain")
    KIND_FIELD_NUMBER: _ClassVar[int]
    USABLE_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    RESIDUAL_FIELD_NUMBER: _ClassVar[int]
    INLIER_SHARE_FIELD_NUMBER: _ClassVar[int]
    GAIN_FIELD_NUMBER: _ClassVar[int]
    kind: str
    usable: bool
    detail: str
    residual: float
    inlier_share: float
    gain: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, kind: _Optional[str] = ..., usable: _Optional[bool] = ..., detail: _Optional[str] = ..., residual: _Optional[float] = ..., inlier_share: _Optional[float] = ..., gain: _Optional[_Iterable[float]] = ...) -> None: ...

class SegmentRequest(_message.Message):
    __slots__ = ("photo", "plate", "profile", "output_prefix")
    PHOTO_FIELD_NUMBER: _ClassVar[int]
    PLATE_FIELD_NUMBER: _ClassVar[int]
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_PREFIX_FIELD_NUMBER: _ClassVar[int]
    photo: _images_pb2.ObjectRef
    plate: _images_pb2.ObjectRef
    profile: str
    output_prefix: str
    def __init__(self, photo: _Optional[_Union[_images_pb2.ObjectRef, _Mapping]] = ..., plate: _Optional[_Union[_images_pb2.ObjectRef, _Mapping]] = ..., profile: _Optional[str] = ..., output_prefix: _Optional[str] = ...) -> None: ...

class SegmentResponse(_message.Message):
    __slots__ = ("alpha", "confidence", "profile", "model_version", "numbers", "use")
    ALPHA_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    PROFILE_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    NUMBERS_FIELD_NUMBER: _ClassVar[int]
    USE_FIELD_NUMBER: _ClassVar[int]
    alpha: _images_pb2.ObjectRef
    confidence: _images_pb2.ObjectRef
    profile: str
    model_version: str
    numbers: SegmentNumbers
    use: _use_pb2.StageUse
    def __init__(self, alpha: _Optional[_Union[_images_pb2.ObjectRef, _Mapping]] = ..., confidence: _Optional[_Union[_images_pb2.ObjectRef, _Mapping]] = ..., profile: _Optional[str] = ..., model_version: _Optional[str] = ..., numbers: _Optional[_Union[SegmentNumbers, _Mapping]] = ..., use: _Optional[_Union[_use_pb2.StageUse, _Mapping]] = ...) -> None: ...

class SegmentNumbers(_message.Message):
    __slots__ = ("foreground_share", "edge_confidence", "mean_confidence", "review_risk")
    FOREGROUND_SHARE_FIELD_NUMBER: _ClassVar[int]
    EDGE_CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    MEAN_CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    REVIEW_RISK_FIELD_NUMBER: _ClassVar[int]
    foreground_share: float
    edge_confidence: float
    mean_confidence: float
    review_risk: float
    def __init__(self, foreground_share: _Optional[float] = ..., edge_confidence: _Optional[float] = ..., mean_confidence: _Optional[float] = ..., review_risk: _Optional[float] = ...) -> None: ...

from selvage_api.images.v1 import images_pb2 as _images_pb2
from selvage_api.images.v1 import use_pb2 as _use_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class StrokeLabel(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STROKE_LABEL_UNSPECIFIED: _ClassVar[StrokeLabel]
    STROKE_LABEL_FOREGROUND: _ClassVar[StrokeLabel]
    STROKE_LABEL_BACKGROUND: _ClassVar[StrokeLabel]
    STROKE_LABEL_UNKNOWN: _ClassVar[StrokeLabel]
STROKE_LABEL_UNSPECIFIED: StrokeLabel
STROKE_LABEL_FOREGROUND: StrokeLabel
STROKE_LABEL_BACKGROUND: StrokeLabel
STROKE_LABEL_UNKNOWN: StrokeLabel

class DescribeRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class DescribeResponse(_message.Message):
    __slots__ = ("version", "fingerprint", "solvers", "default_solver")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    SOLVERS_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_SOLVER_FIELD_NUMBER: _ClassVar[int]
    version: str
    fingerprint: str
    solvers: _containers.RepeatedScalarFieldContainer[str]
    default_solver: str
    def __init__(self, version: _Optional[str] = ..., fingerprint: _Optional[str] = ..., solvers: _Optional[_Iterable[str]] = ..., default_solver: _Optional[str] = ...) -> None: ...

class MatteRequest(_message.Message):
    __slots__ = ("photo", "alpha", "confidence", "plate", "output_prefix", "options", "strokes")
    PHOTO_FIELD_NUMBER: _ClassVar[int]
    ALPHA_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    PLATE_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_PREFIX_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    STROKES_FIELD_NUMBER: _ClassVar[int]
    photo: _images_pb2.ObjectRef
    alpha: _images_pb2.ObjectRef
    confidence: _images_pb2.ObjectRef
    plate: _images_pb2.ObjectRef
    output_prefix: str
    options: MatteOptions
    strokes: _containers.RepeatedCompositeFieldContainer[Stroke]
    def __init__(self, photo: _Optional[_Union[_images_pb2.ObjectRef, _Mapping]] = ..., alpha: _Optional[_Union[_images_pb2.ObjectRef, _Mapping]] = ..., confidence: _Optional[_Union[_images_pb2.ObjectRef, _Mapping]] = ..., plate: _Optional[_Union[_images_pb2.ObjectRef, _Mapping]] = ..., output_prefix: _Optional[str] = ..., options: _Optional[_Union[MatteOptions, _Mapping]] = ..., strokes: _Optional[_Iterable[_Union[Stroke, _Mapping]]] = ...) -> None: ...

class Point(_message.Message):
    __slots__ = ("x", "y")
    X_FIELD_NUMBER: _ClassVar[int]
    Y_FIELD_NUMBER: _ClassVar[int]
    x: float
    y: float
    def __init__(self, x: _Optional[float] = ..., y: _Optional[float] = ...) -> None: ...

class Stroke(_message.Message):
    __slots__ = ("label", "points", "radius")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    RADIUS_FIELD_NUMBER: _ClassVar[int]
    label: StrokeLabel
    points: _containers.RepeatedCompositeFieldContainer[Point]
    radius: float
    def __init__(self, label: _Optional[_Union[StrokeLabel, str]] = ..., points: _Optional[_Iterable[_Union[Point, _Mapping]]] = ..., radius: _Optional[float] = ...) -> None: ...

class MatteOptions(_message.Message):
    __slots__ = ("solver", "foreground_threshold", "background_threshold", "light")
    SOLVER_FIELD_NUMBER: _ClassVar[int]
    FOREGROUND_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    BACKGROUND_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    LIGHT_FIELD_NUMBER: _ClassVar[int]
    solver: str
    foreground_threshold: float
    background_threshold: float
    light: str
    def __init__(self, solver: _Optional[str] = ..., foreground_threshold: _Optional[float] = ..., background_threshold: _Optional[float] = ..., light: _Optional[str] = ...) -> None: ...

class MatteResponse(_message.Message):
    __slots__ = ("alpha", "confidence", "trimap", "cutout", "shadow", "numbers", "use")
    ALPHA_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    TRIMAP_FIELD_NUMBER: _ClassVar[int]
    CUTOUT_FIELD_NUMBER: _ClassVar[int]
    SHADOW_FIELD_NUMBER: _ClassVar[int]
    NUMBERS_FIELD_NUMBER: _ClassVar[int]
    USE_FIELD_NUMBER: _ClassVar[int]
    alpha: _images_pb2.ObjectRef
    confidence: _images_pb2.ObjectRef
    trimap: _images_pb2.ObjectRef
    cutout: _images_pb2.ObjectRef
    shadow: _images_pb2.ObjectRef
    numbers: MatteNumbers
    use: _use_pb2.StageUse
    def __init__(self, alpha: _Optional[_Union[_images_pb2.ObjectRef, _Mapping]] = ..., confidence: _Optional[_Union[_images_pb2.ObjectRef, _Mapping]] = ..., trimap: _Optional[_Union[_images_pb2.ObjectRef, _Mapping]] = ..., cutout: _Optional[_Union[_images_pb2.ObjectRef, _Mapping]] = ..., shadow: _Optional[_Union[_images_pb2.ObjectRef, _Mapping]] = ..., numbers: _Optional[_Union[MatteNumbers, _Mapping]] = ..., use: _Optional[_Union[_use_pb2.StageUse, _Mapping]] = ...) -> None: ...

class ResolveWindowRequest(_message.Message):
    __slots__ = ("photo", "alpha", "confidence", "plate", "output_prefix", "options", "matte", "strokes", "window", "whole")
    PHOTO_FIELD_NUMBER: _ClassVar[int]
    ALPHA_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    PLATE_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_PREFIX_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    MATTE_FIELD_NUMBER: _ClassVar[int]
    STROKES_FIELD_NUMBER: _ClassVar[int]
    WINDOW_FIELD_NUMBER: _ClassVar[int]
    WHOLE_FIELD_NUMBER: _ClassVar[int]
    photo: _images_pb2.ObjectRef
    alpha: _images_pb2.ObjectRef
    confidence: _images_pb2.ObjectRef
    plate: _images_pb2.ObjectRef
    output_prefix: str
    options: MatteOptions
    matte: MatteLayers
    strokes: _containers.RepeatedCompositeFieldContainer[Stroke]
    window: _images_pb2.Box
    whole: bool
    def __init__(self, photo: _Optional[_Union[_images_pb2.ObjectRef, _Mapping]] = ..., alpha: _Optional[_Union[_images_pb2.ObjectRef, _Mapping]] = ..., confidence: _Optional[_Union[_images_pb2.ObjectRef, _Mapping]] = ..., plate: _Optional[_Union[_images_pb2.ObjectRef, _Mapping]] = ..., output_prefix: _Optional[str] = ..., options: _Optional[_Union[MatteOptions, _Mapping]] = ..., matte: _Optional[_Union[MatteLayers, _Mapping]] = ..., strokes: _Optional[_Iterable[_Union[Stroke, _Mapping]]] = ..., window: _Optional[_Union[_images_pb2.Box, _Mapping]] = ..., whole: _Optional[bool] = ...) -> None: ...

class MatteLayers(_message.Message):
    __slots__ = ("alpha", "confidence", "trimap", "cutout")
    ALPHA_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    TRIMAP_FIELD_NUMBER: _ClassVar[int]
    CUTOUT_FIELD_NUMBER: _ClassVar[int]
    alpha: _images_pb2.ObjectRef
    confidence: _images_pb2.ObjectRef
    trimap: _images_pb2.ObjectRef
    cutout: _images_pb2.ObjectRef
    def __init__(self, alpha: _Optional[_Union[_images_pb2.ObjectRef, _Mapping]] = ..., confidence: _Optional[_Union[_images_pb2.ObjectRef, _Mapping]] = ..., trimap: _Optional[_Union[_images_pb2.ObjectRef, _Mapping]] = ..., cutout: _Optional[_Union[_images_pb2.ObjectRef, _Mapping]] = ...) -> None: ...

class ResolveWindowResponse(_message.Message):
    __slots__ = ("window", "layers", "matte", "use")
    WINDOW_FIELD_NUMBER: _ClassVar[int]
    LAYERS_FIELD_NUMBER: _ClassVar[int]
    MATTE_FIELD_NUMBER: _ClassVar[int]
    USE_FIELD_NUMBER: _ClassVar[int]
    window: _images_pb2.Box
    layers: MatteLayers
    matte: MatteResponse
    use: _use_pb2.StageUse
    def __init__(self, window: _Optional[_Union[_images_pb2.Box, _Mapping]] = ..., layers: _Optional[_Union[MatteLayers, _Mapping]] = ..., matte: _Optional[_Union[MatteResponse, _Mapping]] = ..., use: _Optional[_Union[_use_pb2.StageUse, _Mapping]] = ...) -> None: ...

class MatteNumbers(_message.Message):
    __slots__ = ("width", "height", "status", "solver", "foreground_share", "unknown_share", "band_confidence", "doubtful_share", "subjects", "frame_touch", "edge_contrast", "uncertain_holes", "doubtful_boxes", "subject_box", "shadow_detail", "light")
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    SOLVER_FIELD_NUMBER: _ClassVar[int]
    FOREGROUND_SHARE_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_SHARE_FIELD_NUMBER: _ClassVar[int]
    BAND_CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    DOUBTFUL_SHARE_FIELD_NUMBER: _ClassVar[int]
    SUBJECTS_FIELD_NUMBER: _ClassVar[int]
    FRAME_TOUCH_FIELD_NUMBER: _ClassVar[int]
    EDGE_CONTRAST_FIELD_NUMBER: _ClassVar[int]
    UNCERTAIN_HOLES_FIELD_NUMBER: _ClassVar[int]
    DOUBTFUL_BOXES_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_BOX_FIELD_NUMBER: _ClassVar[int]
    SHADOW_DETAIL_FIELD_NUMBER: _ClassVar[int]
    LIGHT_FIELD_NUMBER: _ClassVar[int]
    width: int
    height: int
    status: str
    solver: str
    foreground_share: float
    unknown_share: float
    band_confidence: float
    doubtful_share: float
    subjects: int
    frame_touch: _containers.RepeatedScalarFieldContainer[float]
    edge_contrast: float
    uncertain_holes: _containers.RepeatedCompositeFieldContainer[_images_pb2.Box]
    doubtful_boxes: _containers.RepeatedCompositeFieldContainer[_images_pb2.Box]
    subject_box: _images_pb2.Box
    shadow_detail: str
    light: str
    def __init__(self, width: _Optional[int] = ..., height: _Optional[int] = ..., status: _Optional[str] = ..., solver: _Optional[str] = ..., foreground_share: _Optional[float] = ..., unknown_share: _Optional[float] = ..., band_confidence: _Optional[float] = ..., doubtful_share: _Optional[float] = ..., subjects: _Optional[int] = ..., frame_touch: _Optional[_Iterable[float]] = ..., edge_contrast: _Optional[float] = ..., uncertain_holes: _Optional[_Iterable[_Union[_images_pb2.Box, _Mapping]]] = ..., doubtful_boxes: _Optional[_Iterable[_Union[_images_pb2.Box, _Mapping]]] = ..., subject_box: _Optional[_Union[_images_pb2.Box, _Mapping]] = ..., shadow_detail: _Optional[str] = ..., light: _Optional[str] = ...) -> None: ...

from selvage_api.images.v1 import images_pb2 as _images_pb2
from selvage_api.images.v1 import use_pb2 as _use_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CutoutFormat(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CUTOUT_FORMAT_UNSPECIFIED: _ClassVar[CutoutFormat]
    CUTOUT_FORMAT_PNG: _ClassVar[CutoutFormat]
    CUTOUT_FORMAT_JPEG: _ClassVar[CutoutFormat]
    CUTOUT_FORMAT_WEBP: _ClassVar[CutoutFormat]
    CUTOUT_FORMAT_ZIP: _ClassVar[CutoutFormat]

class CutoutShadow(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CUTOUT_SHADOW_UNSPECIFIED: _ClassVar[CutoutShadow]
    CUTOUT_SHADOW_AUTO: _ClassVar[CutoutShadow]
    CUTOUT_SHADOW_DROP: _ClassVar[CutoutShadow]
    CUTOUT_SHADOW_CONTACT: _ClassVar[CutoutShadow]
CUTOUT_FORMAT_UNSPECIFIED: CutoutFormat
CUTOUT_FORMAT_PNG: CutoutFormat
CUTOUT_FORMAT_JPEG: CutoutFormat
CUTOUT_FORMAT_WEBP: CutoutFormat
CUTOUT_FORMAT_ZIP: CutoutFormat
CUTOUT_SHADOW_UNSPECIFIED: CutoutShadow
CUTOUT_SHADOW_AUTO: CutoutShadow
CUTOUT_SHADOW_DROP: CutoutShadow
CUTOUT_SHADOW_CONTACT: CutoutShadow

class DescribeRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class DescribeResponse(_message.Message):
    __slots__ = ("version", "fingerprint", "templates", "default_template")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    TEMPLATES_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_TEMPLATE_FIELD_NUMBER: _ClassVar[int]
    version: str
    fingerprint: str
    templates: _containers.RepeatedCompositeFieldContainer[Template]
    default_template: str
    def __init__(self, version: _Optional[str] = ..., fingerprint: _Optional[str] = ..., templates: _Optional[_Iterable[_Union[Template, _Mapping]]] = ..., default_template: _Optional[str] = ...) -> None: ...

class Template(_message.Message):
    __slots__ = ("name", "revision", "digest")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    name: str
    revision: int
    digest: str
    def __init__(self, name: _Optional[str] = ..., revision: _Optional[int] = ..., digest: _Optional[str] = ...) -> None: ...

class ComposeRequest(_message.Message):
    __slots__ = ("photo", "cutout", "alpha", "shadow", "template", "naming", "output_prefix", "reviewed")
    PHOTO_FIELD_NUMBER: _ClassVar[int]
    CUTOUT_FIELD_NUMBER: _ClassVar[int]
    ALPHA_FIELD_NUMBER: _ClassVar[int]
    SHADOW_FIELD_NUMBER: _ClassVar[int]
    TEMPLATE_FIELD_NUMBER: _ClassVar[int]
    NAMING_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_PREFIX_FIELD_NUMBER: _ClassVar[int]
    REVIEWED_FIELD_NUMBER: _ClassVar[int]
    photo: _images_pb2.ObjectRef
    cutout: _images_pb2.ObjectRef
    alpha: _images_pb2.ObjectRef
    shadow: _images_pb2.ObjectRef
    template: str
    naming: Naming
    output_prefix: str
    reviewed: bool
    def __init__(self, photo: _Optional[_Union[_images_pb2.ObjectRef, _Mapping]] = ..., cutout: _Optional[_Union[_images_pb2.ObjectRef, _Mapping]] = ..., alpha: _Optional[_Union[_images_pb2.ObjectRef, _Mapping]] = ..., shadow: _Optional[_Union[_images_pb2.ObjectRef, _Mapping]] = ..., template: _Optional[str] = ..., naming: _Optional[_Union[Naming, _Mapping]] = ..., output_prefix: _Optional[str] = ..., reviewed: _Optional[bool] = ...) -> None: ...

class PreviewRequest(_message.Message):
    __slots__ = ("cutout", "shadow", "template", "sku")
    CUTOUT_FIELD_NUMBER: _ClassVar[int]
    SHADOW_FIELD_NUMBER: _ClassVar[int]
    TEMPLATE_FIELD_NUMBER: _ClassVar[int]
    SKU_FIELD_NUMBER: _ClassVar[int]
    cutout: _images_pb2.ObjectRef
    shadow: _images_pb2.ObjectRef
    template: str
    sku: str
    def __init__(self, cutout: _Optional[_Union[_images_pb2.ObjectRef, _Mapping]] = ..., shadow: _Optional[_Union[_images_pb2.ObjectRef, _Mapping]] = ..., template: _Optional[str] = ..., sku: _Optional[str] = ...) -> None: ...

class PreviewResponse(_message.Message):
    __slots__ = ("image", "media_type", "width", "height")
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    image: bytes
    media_type: str
    width: int
    height: int
    def __init__(self, image: _Optional[bytes] = ..., media_type: _Optional[str] = ..., width: _Optional[int] = ..., height: _Optional[int] = ...) -> None: ...

class RenderCutoutRequest(_message.Message):
    __slots__ = ("cutout", "alpha", "shadow", "backdrop", "style", "output_prefix")
    CUTOUT_FIELD_NUMBER: _ClassVar[int]
    ALPHA_FIELD_NUMBER: _ClassVar[int]
    SHADOW_FIELD_NUMBER: _ClassVar[int]
    BACKDROP_FIELD_NUMBER: _ClassVar[int]
    STYLE_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_PREFIX_FIELD_NUMBER: _ClassVar[int]
    cutout: _images_pb2.ObjectRef
    alpha: _images_pb2.ObjectRef
    shadow: _images_pb2.ObjectRef
    backdrop: _images_pb2.ObjectRef
    style: CutoutStyle
    output_prefix: str
    def __init__(self, cutout: _Optional[_Union[_images_pb2.ObjectRef, _Mapping]] = ..., alpha: _Optional[_Union[_images_pb2.ObjectRef, _Mapping]] = ..., shadow: _Optional[_Union[_images_pb2.ObjectRef, _Mapping]] = ..., backdrop: _Optional[_Union[_images_pb2.ObjectRef, _Mapping]] = ..., style: _Optional[_Union[CutoutStyle, _Mapping]] = ..., output_prefix: _Optional[str] = ...) -> None: ...

class CutoutStyle(_message.Message):
    __slots__ = ("format", "alpha_only", "max_pixels", "region", "crop", "margins", "scale", "position", "background", "shadow", "shadow_opacity", "solid")
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    ALPHA_ONLY_FIELD_NUMBER: _ClassVar[int]
    MAX_PIXELS_FIELD_NUMBER: _ClassVar[int]
    REGION_FIELD_NUMBER: _ClassVar[int]
    CROP_FIELD_NUMBER: _ClassVar[int]
    MARGINS_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    BACKGROUND_FIELD_NUMBER: _ClassVar[int]
    SHADOW_FIELD_NUMBER: _ClassVar[int]
    SHADOW_OPACITY_FIELD_NUMBER: _ClassVar[int]
    SOLID_FIELD_NUMBER: _ClassVar[int]
    format: CutoutFormat
    alpha_only: bool
    max_pixels: int
    region: _images_pb2.Box
    crop: bool
    margins: CutoutMargins
    scale: float
    position: CutoutPosition
    background: Colour
    shadow: CutoutShadow
    shadow_opacity: float
    solid: bool
    def __init__(self, format: _Optional[_Union[CutoutFormat, str]] = ..., alpha_only: _Optional[bool] = ..., max_pixels: _Optional[int] = ..., region: _Optional[_Union[_images_pb2.Box, _Mapping]] = ..., crop: _Optional[bool] = ..., margins: _Optional[_Union[CutoutMargins, _Mapping]] = ..., scale: _Optional[float] = ..., position: _Optional[_Union[CutoutPosition, _Mapping]] = ..., background: _Optional[_Union[Colour, _Mapping]] = ..., shadow: _Optional[_Union[CutoutShadow, str]] = ..., shadow_opacity: _Optional[float] = ..., solid: _Optional[bool] = ...) -> None: ...

class CutoutMargins(_message.Message):
    __slots__ = ("top", "right", "bottom", "left")
    TOP_FIELD_NUMBER: _ClassVar[int]
    RIGHT_FIELD_NUMBER: _ClassVar[int]
    BOTTOM_FIELD_NUMBER: _ClassVar[int]
    LEFT_FIELD_NUMBER: _ClassVar[int]
    top: CutoutLength
    right: CutoutLength
    bottom: CutoutLength
    left: CutoutLength
    def __init__(self, top: _Optional[_Union[CutoutLength, _Mapping]] = ..., right: _Optional[_Union[CutoutLength, _Mapping]] = ..., bottom: _Optional[_Union[CutoutLength, _Mapping]] = ..., left: _Optional[_Union[CutoutLength, _Mapping]] = ...) -> None: ...

class CutoutLength(_message.Message):
    __slots__ = ("pixels", "share")
    PIXELS_FIELD_NUMBER: _ClassVar[int]
    SHARE_FIELD_NUMBER: _ClassVar[int]
    pixels: float
    share: float
    def __init__(self, pixels: _Optional[float] = ..., share: _Optional[float] = ...) -> None: ...

class CutoutPosition(_message.Message):
    __slots__ = ("x", "y", "original")
    X_FIELD_NUMBER: _ClassVar[int]
    Y_FIELD_NUMBER: _ClassVar[int]
    ORIGINAL_FIELD_NUMBER: _ClassVar[int]
    x: float
    y: float
    original: bool
    def __init__(self, x: _Optional[float] = ..., y: _Optional[float] = ..., original: _Optional[bool] = ...) -> None: ...

class Colour(_message.Message):
    __slots__ = ("red", "green", "blue", "alpha")
    RED_FIELD_NUMBER: _ClassVar[int]
    GREEN_FIELD_NUMBER: _ClassVar[int]
    BLUE_FIELD_NUMBER: _ClassVar[int]
    ALPHA_FIELD_NUMBER: _ClassVar[int]
    red: int
    green: int
    blue: int
    alpha: int
    def __init__(self, red: _Optional[int] = ..., green: _Optional[int] = ..., blue: _Optional[int] = ..., alpha: _Optional[int] = ...) -> None: ...

class RenderCutoutResponse(_message.Message):
    __slots__ = ("file", "foreground", "full_width", "full_height", "use")
    FILE_FIELD_NUMBER: _ClassVar[int]
    FOREGROUND_FIELD_NUMBER: _ClassVar[int]
    FULL_WIDTH_FIELD_NUMBER: _ClassVar[int]
    FULL_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    USE_FIELD_NUMBER: _ClassVar[int]
    file: _images_pb2.ImageFile
    foreground: _images_pb2.Box
    full_width: int
    full_height: int
    use: _use_pb2.StageUse
    def __init__(self, file: _Optional[_Union[_images_pb2.ImageFile, _Mapping]] = ..., foreground: _Optional[_Union[_images_pb2.Box, _Mapping]] = ..., full_width: _Optional[int] = ..., full_height: _Optional[int] = ..., use: _Optional[_Union[_use_pb2.StageUse, _Mapping]] = ...) -> None: ...

class Naming(_message.Message):
    __slots__ = ("sku", "image_no", "date", "state")
    SKU_FIELD_NUMBER: _ClassVar[int]
    IMAGE_NO_FIELD_NUMBER: _ClassVar[int]
    DATE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    sku: str
    image_no: str
    date: str
    state: _images_pb2.ImageState
    def __init__(self, sku: _Optional[str] = ..., image_no: _Optional[str] = ..., date: _Optional[str] = ..., state: _Optional[_Union[_images_pb2.ImageState, str]] = ...) -> None: ...

class ComposeResponse(_message.Message):
    __slots__ = ("files", "numbers", "compliance", "use")
    FILES_FIELD_NUMBER: _ClassVar[int]
    NUMBERS_FIELD_NUMBER: _ClassVar[int]
    COMPLIANCE_FIELD_NUMBER: _ClassVar[int]
    USE_FIELD_NUMBER: _ClassVar[int]
    files: _containers.RepeatedCompositeFieldContainer[_images_pb2.ImageFile]
    numbers: ComposeNumbers
    compliance: _containers.RepeatedCompositeFieldContainer[ComplianceReport]
    use: _use_pb2.StageUse
    def __init__(self, files: _Optional[_Iterable[_Union[_images_pb2.ImageFile, _Mapping]]] = ..., numbers: _Optional[_Union[ComposeNumbers, _Mapping]] = ..., compliance: _Optional[_Iterable[_Union[ComplianceReport, _Mapping]]] = ..., use: _Optional[_Union[_use_pb2.StageUse, _Mapping]] = ...) -> None: ...

class ComplianceReport(_message.Message):
    __slots__ = ("preset", "revision", "file", "verdict", "rules", "export")
    PRESET_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    FILE_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    RULES_FIELD_NUMBER: _ClassVar[int]
    EXPORT_FIELD_NUMBER: _ClassVar[int]
    preset: str
    revision: int
    file: str
    verdict: str
    rules: _containers.RepeatedCompositeFieldContainer[RuleResult]
    export: str
    def __init__(self, preset: _Optional[str] = ..., revision: _Optional[int] = ..., file: _Optional[str] = ..., verdict: _Optional[str] = ..., rules: _Optional[_Iterable[_Union[RuleResult, _Mapping]]] = ..., export: _Optional[str] = ...) -> None: ...

class RuleResult(_message.Message):
    __slots__ = ("rule", "verdict", "measured", "limit", "detail")
    RULE_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    MEASURED_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    rule: str
    verdict: str
    measured: str
    limit: str
    detail: str
    def __init__(self, rule: _Optional[str] = ..., verdict: _Optional[str] = ..., measured: _Optional[str] = ..., limit: _Optional[str] = ..., detail: _Optional[str] = ...) -> None: ...

class ComposeNumbers(_message.Message):
    __slots__ = ("template", "placed", "scale", "shadow", "shadow_detail", "source_profile", "rendering_intent")
    TEMPLATE_FIELD_NUMBER: _ClassVar[int]
    PLACED_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    SHADOW_FIELD_NUMBER: _ClassVar[int]
    SHADOW_DETAIL_FIELD_NUMBER: _ClassVar[int]
    SOURCE_PROFILE_FIELD_NUMBER: _ClassVar[int]
    RENDERING_INTENT_FIELD_NUMBER: _ClassVar[int]
    template: str
    placed: _images_pb2.Box
    scale: float
    shadow: str
    shadow_detail: str
    source_profile: str
    rendering_intent: str
    def __init__(self, template: _Optional[str] = ..., placed: _Optional[_Union[_images_pb2.Box, _Mapping]] = ..., scale: _Optional[float] = ..., shadow: _Optional[str] = ..., shadow_detail: _Optional[str] = ..., source_profile: _Optional[str] = ..., rendering_intent: _Optional[str] = ...) -> None: ...

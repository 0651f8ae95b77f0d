from selvage_api.images.v1 import images_pb2 as _images_pb2
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
    __slots__ = ("files", "numbers", "compliance")
    FILES_FIELD_NUMBER: _ClassVar[int]
    NUMBERS_FIELD_NUMBER: _ClassVar[int]
    COMPLIANCE_FIELD_NUMBER: _ClassVar[int]
    files: _containers.RepeatedCompositeFieldContainer[_images_pb2.ImageFile]
    numbers: ComposeNumbers
    compliance: _containers.RepeatedCompositeFieldContainer[ComplianceReport]
    def __init__(self, files: _Optional[_Iterable[_Union[_images_pb2.ImageFile, _Mapping]]] = ..., numbers: _Optional[_Union[ComposeNumbers, _Mapping]] = ..., compliance: _Optional[_Iterable[_Union[ComplianceReport, _Mapping]]] = ...) -> None: ...

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

from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class StageUse(_message.Message):
    __slots__ = ("cpu_seconds", "gpu_seconds", "bytes_written", "model_cpu_seconds", "process", "sequence")
    CPU_SECONDS_FIELD_NUMBER: _ClassVar[int]
    GPU_SECONDS_FIELD_NUMBER: _ClassVar[int]
    BYTES_WRITTEN_FIELD_NUMBER: _ClassVar[int]
    MODEL_CPU_SECONDS_FIELD_NUMBER: _ClassVar[int]
    PROCESS_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    cpu_seconds: float
    gpu_seconds: float
    bytes_written: int
    model_cpu_seconds: float
    process: str
    sequence: int
    def __init__(self, cpu_seconds: _Optional[float] = ..., gpu_seconds: _Optional[float] = ..., bytes_written: _Optional[int] = ..., model_cpu_seconds: _Optional[float] = ..., process: _Optional[str] = ..., sequence: _Optional[int] = ...) -> None: ...

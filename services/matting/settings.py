"""Settings of the matting service."""

from __future__ import annotations

from pydantic import Field, field_validator

from services.kit.settings import Settings, prefix
from services.matting.by_name import FIELD, SOLVERS
from services.matting.device import DEVICES, HOST


class MattingSettings(Settings):
    """How the matting service runs, and what it does where a request says nothing."""

    model_config = prefix("SELVAGE_MATTING_")

    address: str = Field(default="127.0.0.1:50052", min_length=1)
    """host:port `python -m services.matting` listens on."""

    solver: str = FIELD
    """`field`, `fine` (several times its cost, for hair and fringes), or one of PyMatting's, for comparison:
    `pymatting-cf`, `-sm`, `-rw`, `-lkm`, `-lbdm`, `-knn`."""

    foreground_threshold: float = Field(default=0.85, gt=0.5, le=1)
    """Alpha from which a pixel may be known foreground."""

    background_threshold: float = Field(default=0.15, ge=0, lt=0.5)
    """Alpha up to which a pixel may be known background."""

    confidence_threshold: float = Field(default=0.85, ge=0, le=1)
    """Confidence a pixel must have to be known at all."""

    pymatting_mib: int = Field(default=2048, ge=64)
    """Memory in MiB that one of PyMatting's solvers may take; it decides the size of its tiles."""

    device: str = HOST
    """Where the field is solved: `cpu`, or `cuda` for a GPU (needs the extra `gpu`; the service does not start where
    there is none). Everything else runs on the CPU."""

    @field_validator("device")
    @classmethod
    def _device(cls, value: str) -> str:
        if value not in DEVICES:
            raise ValueError(f"no such device; use one of {', '.join(DEVICES)}")
        return value

    @field_validator("solver")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in SOLVERS:
            raise ValueError(f"no such solver; use one of {', '.join(SOLVERS)}")
        return value

"""What files of strangers may ask of a process, from SELVAGE_LIMIT_*."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from services.kit.pictures.model import Limits
from services.kit.settings import Settings, current, prefix


class LimitSettings(Settings):
    """Limits of photos, and where they are decoded."""

    model_config = prefix("SELVAGE_LIMIT_")

    bytes: int = Field(default=Limits.bytes, ge=1)
    """Largest file."""

    megapixels: float = Field(default=Limits.megapixels, gt=0)
    """Most megapixels a picture may have."""

    side: int = Field(default=Limits.side, ge=16, le=65_500)
    """Most pixels a side."""

    decode: Literal["inline", "process"] = "inline"
    """Where photos are decoded: in the process itself, or in worker processes that can be stopped."""

    decode_seconds: float = Field(default=60.0, gt=0)
    """Longest time a worker process may take for one photo."""

    decode_memory_mb: int = Field(default=4096, ge=256)
    """Most memory, in MiB, a worker process may take; about 150 of it before any photo."""

    def limits(self) -> Limits:
        """As the decoders take them."""
        return Limits(bytes=self.bytes, megapixels=self.megapixels, side=self.side)


def current_limits() -> Limits:
    """The limits of this process. Raises SettingsInvalid."""
    return current(LimitSettings).limits()

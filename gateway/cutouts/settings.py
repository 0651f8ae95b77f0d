"""Settings of synchronous cut-outs, from `SELVAGE_CUTOUT_*`."""

from __future__ import annotations

from pydantic import Field

from services.kit.settings import Settings, prefix


class CutoutSettings(Settings):
    """How `/v1/cutouts` and `/v1.0/removebg` answer."""

    model_config = prefix("SELVAGE_CUTOUT_")

    seconds: float = Field(60.0, gt=0)
    """How long a request waits for its image. The image is worked on afterwards too; the same request gets it then."""

    shop: str = Field("cutouts", pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")
    """The shop of requests that name none and whose key is for every shop."""

"""Settings of uploads and downloads by address."""

from __future__ import annotations

from pydantic import Field

from services.kit.settings import Settings, prefix

WEEK = 7 * 86_400  # S3 signs for no longer


class FilesSettings(Settings):
    """How long addresses of the object store are good."""

    model_config = prefix("SELVAGE_FILES_")

    upload_seconds: int = Field(3600, ge=1, le=WEEK)
    """How long a client may PUT to an upload address, and finish the upload."""

    download_seconds: int = Field(900, ge=1, le=WEEK)
    """How long a download address is good."""

    sweep_seconds: float = Field(300.0, gt=0)
    """Pause between two searches for uploads nobody finished."""

    remember_seconds: int = Field(86_400, ge=0)
    """How long after its expiry an upload is remembered; then what lies at its address is removed."""

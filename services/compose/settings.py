"""Settings of the compose service."""

from __future__ import annotations

from pydantic import DirectoryPath, Field

from services.compose.catalogue import DEFAULT
from services.kit.settings import Settings, prefix


class ComposeSettings(Settings):
    """How the compose service runs."""

    model_config = prefix("SELVAGE_COMPOSE_")

    address: str = Field(default="127.0.0.1:50053", min_length=1)
    """host:port `python -m services.compose` listens on."""

    templates: DirectoryPath | None = None
    """Folder with the shop's own templates (*.yaml); one named like a shipped template replaces it."""

    template: str = Field(default=DEFAULT, min_length=1)
    """Name of the template used when a request names none."""

    scratch: DirectoryPath | None = None
    """Folder for PSD files while they are written. Empty: the system's temporary folder."""

"""Settings of the object store."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

import platformdirs
from pydantic import Field, SecretStr, model_validator

from services.kit.settings import Settings, prefix


class StoreSettings(Settings):
    """Which store to use and how to reach it."""

    model_config = prefix("SELVAGE_STORE_")

    url: str = Field(default="", pattern=r"^($|file:///.+|s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$)")
    """`file:///folder` or `s3://bucket`. Empty: a folder in the user's data directory."""

    endpoint: str = Field(default="s3.amazonaws.com", pattern=r"^[A-Za-z0-9.\[\]-]+(:\d+)?$")
    """Host, or host:port, of the S3 service, without a scheme."""

    public_endpoint: str = Field(default="", pattern=r"^((https?://)?[A-Za-z0-9.\[\]-]+(:\d+)?/?)?$")
    """Host, or host:port, by which browsers reach the S3 service, for presigned addresses; with `https://` or
    `http://` before it where SELVAGE_STORE_SECURE says something else. Empty: the same as the endpoint."""

    access_key: str = ""
    """S3 access key."""

    secret_key: SecretStr = SecretStr("")
    """S3 secret key."""

    secure: bool = True
    """Whether S3 is spoken over TLS."""

    region: str = "us-east-1"
    """S3 region; it goes into every signature."""

    connect_seconds: float = Field(default=3.0, gt=0, le=60)
    """How long a connection to S3 may take."""

    read_seconds: float = Field(default=30.0, gt=0, le=600)
    """How long S3 may stay silent within an answer."""

    retries: int = Field(default=2, ge=0, le=10)
    """How often a failed S3 call is repeated at once; the job engine repeats the stage later."""

    @model_validator(mode="after")
    def _s3_needs_keys(self) -> StoreSettings:
        if self.bucket and not (self.access_key and self.secret_key.get_secret_value()):
            raise ValueError("an s3:// store needs SELVAGE_STORE_ACCESS_KEY and SELVAGE_STORE_SECRET_KEY")
        return self

    @property
    def bucket(self) -> str:
        """The bucket of an s3:// address, else empty."""
        return self.url.removeprefix("s3://") if self.url.startswith("s3://") else ""

    @property
    def public(self) -> tuple[str, bool]:
        """(host or host:port, whether over TLS) as browsers see the S3 service."""
        scheme, _, host = (self.public_endpoint or self.endpoint).rstrip("/").rpartition("://")
        return host, scheme == "https" if scheme else self.secure

    @property
    def folder(self) -> Path:
        """The folder of a file:// address, or the default one."""
        if not self.url:
            return platformdirs.user_data_path("selvage", appauthor=False) / "store"
        return Path(url2pathname(unquote(urlsplit(self.url).path)))

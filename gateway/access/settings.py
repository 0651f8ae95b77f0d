"""Settings of access, from `SELVAGE_ACCESS_*`."""

from __future__ import annotations

import ipaddress
import re
from typing import Literal

from pydantic import Field, SecretStr, field_validator

from services.kit.settings import Settings, prefix

from . import tokens
from .errors import OpenToTheNetwork

_HASHED = re.compile(r"([a-z0-9]{1,32}):([0-9a-f]{64})")


class AccessSettings(Settings):
    """Who may call, and how much."""

    model_config = prefix("SELVAGE_ACCESS_")

    keys: Literal["auto", "required", "off"] = "auto"
    """Whether callers need an API key. `auto`: no, and the gateway refuses to listen beyond this machine; `off`: no,
    wherever it listens."""

    admin_key: SecretStr = SecretStr("")
    """An admin key for every shop that needs no database, `selvage_<id>_<secret>`, the id of a-z and 0-9 and the
    secret of at least 32 characters."""

    admin_key_sha256: str = Field("", pattern=rf"^({_HASHED.pattern})?$")
    """The same without the secret: `<id>:<SHA-256 of the secret in hex>`."""

    cache_seconds: float = Field(2.0, ge=0, le=5)
    """How long a process takes a key and a quota as it last read them: a revoked key is good for no longer."""

    open_metrics: bool = True
    """Whether /metrics answers without a key where keys are required."""

    requests_per_minute: int = Field(-1, ge=-1)
    """Requests of one shop's keys in a minute, over all gateways. -1: no limit, as for the next three."""

    images_per_month: int = Field(-1, ge=-1)
    """Images of a shop taken in in a calendar month (UTC)."""

    open_images: int = Field(-1, ge=-1)
    """Images of a shop received or processing at once."""

    stored_bytes: int = Field(-1, ge=-1)
    """Bytes of a shop's originals and results; above them no job and no upload is taken in."""

    @field_validator("admin_key")
    @classmethod
    def _is_key(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value() and tokens.parse(value.get_secret_value()) is None:
            raise ValueError("is not of the form selvage_<id>_<secret of 32 characters or more>")
        return value

    def admins(self) -> dict[str, bytes]:
        """SHA-256 of the secret by id, of the admin keys given here."""
        found = {}
        if token := tokens.parse(self.admin_key.get_secret_value()):
            found[token.key_id] = token.digest
        if match := _HASHED.fullmatch(self.admin_key_sha256):
            found[match[1]] = bytes.fromhex(match[2])
        return found

    def required(self, *addresses: str) -> bool:
        """Whether callers at these addresses need a key. Raises OpenToTheNetwork."""
        if self.keys == "auto":
            for address in addresses:
                if not loopback(address):
                    raise OpenToTheNetwork(address=address)
        return self.keys == "required"


def loopback(address: str) -> bool:
    """Whether only this machine reaches the address (host:port, or unix:path)."""
    if address.startswith(("unix:", "unix-abstract:")):
        return True
    host = address.rpartition(":")[0].strip("[]")
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

"""Settings of webhooks, from `SELVAGE_WEBHOOK_*`."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated

from pydantic import Field, SecretStr, field_validator

from gateway.fetch.settings import Network
from services.kit.settings import Settings, prefix

KEY_BYTES = 32
Pause = Annotated[float, Field(ge=0)]


class WebhookSettings(Settings):
    """How webhooks are sent, how often, and whereto."""

    model_config = prefix("SELVAGE_WEBHOOK_")

    allow_http: bool = False
    """Also send to http:// addresses, unencrypted."""

    networks: tuple[Network, ...] = ()
    """Networks messages may go to although they are not public, as a JSON list, e.g. ["10.1.2.0/24"]."""

    secret_key: SecretStr = SecretStr("")
    """Base64 of 32 bytes that encrypt the endpoints' secrets in the database. Empty: they lie there in clear."""

    pauses_seconds: tuple[Pause, ...] = (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
    """Pauses before the second and every further attempt, as a JSON list; the first is made at once. Default: 5 s,
    5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h."""

    jitter: float = Field(0.1, ge=0, le=1)
    """Each pause is made longer by up to this share, so that retries spread."""

    timeout_seconds: float = Field(20.0, gt=0, le=60)
    """Time a receiver has to answer."""

    concurrency: int = Field(64, ge=1, le=1000)
    """Messages on their way at once from one process."""

    endpoint_concurrency: int = Field(4, ge=1, le=100)
    """Messages on their way at once to one endpoint from one process: a slow receiver holds up no other."""

    poll_seconds: float = Field(1.0, gt=0)
    """How often new messages are looked for."""

    endpoints_per_shop: int = Field(20, ge=1)
    """Most endpoints of one shop."""

    replay_messages: int = Field(10_000, ge=1)
    """Most messages of one replay."""

    keep_days: float = Field(30.0, gt=0)
    """How long messages and the log of their attempts are kept once nothing more is to come."""

    @property
    def key(self) -> bytes:
        """32 bytes, or none."""
        return base64.b64decode(self.secret_key.get_secret_value())

    @field_validator("secret_key")
    @classmethod
    def _is_a_key(cls, value: SecretStr) -> SecretStr:
        try:
            length = len(base64.b64decode(value.get_secret_value(), validate=True))
        except binascii.Error:
            length = -1
        if length not in (0, KEY_BYTES):
            raise ValueError(f"must be base64 of {KEY_BYTES} bytes, as `openssl rand -base64 {KEY_BYTES}` makes it")
        return value

"""For receivers of webhooks: is this message Selvage's, and is it fresh? docs/webhooks.md"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from gateway.webhooks import signature
from selvage.errors import WebhookNotGenuine

TOLERANCE_SECONDS = 300


def verify(
    secret: str, headers: Mapping[str, str], body: bytes, *, tolerance: float = TOLERANCE_SECONDS
) -> dict[str, Any]:
    """The message {"type", "timestamp", "data"}; its `webhook-id` stays the same when it comes again.

    headers: of the request, in any case; body: its bytes as they came, before any parsing. tolerance: seconds by which
    the time of sending may differ from now. Works for every sender that follows the Standard Webhooks specification.
    Raises WebhookNotGenuine; ValueError when `secret` is none.
    """
    signature.key_of(secret)
    given = {name.lower(): value for name, value in headers.items()}
    message_id, sent, signatures = (
        given.get(name, "") for name in (signature.ID, signature.TIMESTAMP, signature.SIGNATURE)
    )
    if not (message_id and sent and signatures):
        raise WebhookNotGenuine(problem="a header is missing")
    if not (sent.isascii() and sent.isdigit() and len(sent) <= 12):
        raise WebhookNotGenuine(problem="webhook-timestamp is no time")
    # The signature first: who cannot sign learns nothing about clocks.
    if not signature.matches(secret, message_id, int(sent), body, signatures):
        raise WebhookNotGenuine(problem="no signature fits")
    if abs(time.time() - int(sent)) > tolerance:
        raise WebhookNotGenuine(problem=f"it was not sent within {tolerance:g} s of now")
    try:
        message = json.loads(body)
    except ValueError:
        raise WebhookNotGenuine(problem="the body is no JSON") from None
    if not isinstance(message, dict):
        raise WebhookNotGenuine(problem="the body is no JSON object")
    return message

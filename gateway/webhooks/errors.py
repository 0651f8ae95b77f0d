"""Rows of the error table about webhooks."""

from __future__ import annotations

from services.kit.errors import SelvageError


class WebhookEndpointNotFound(SelvageError):
    """There is no webhook endpoint {endpoint_id}. List the endpoints to see which there are."""

    code, http = "NOT_FOUND", 404


class WebhookEndpointDisabled(SelvageError):
    """The webhook endpoint {endpoint_id} is disabled, so nothing would be sent. Set `disabled` to false first."""

    code, http = "FAILED_PRECONDITION", 409


class WebhookEndpointsFull(SelvageError):
    """The shop {shop!r} has {limit} webhook endpoints already. Delete one that is no longer needed."""

    code, http = "RESOURCE_EXHAUSTED", 429


class WebhookReplayTooLarge(SelvageError):
    """There are more than {limit} messages in this time. Call it for shorter times, one after the other."""

    code, http = "FAILED_PRECONDITION", 409


class WebhookSecretUnreadable(SelvageError):
    """The secret of the webhook endpoint cannot be decrypted. Set SELVAGE_WEBHOOK_SECRET_KEY to the key it was stored
    with, or rotate the secret."""

    code, http = "FAILED_PRECONDITION", 500

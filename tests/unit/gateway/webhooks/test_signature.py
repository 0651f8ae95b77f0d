"""Signatures against the official package, both ways."""

from __future__ import annotations

import base64
import time
from datetime import UTC, datetime

import pytest
import standardwebhooks

from gateway.webhooks import signature
from gateway.webhooks.errors import WebhookSecretUnreadable
from gateway.webhooks.schedule import Schedule
from gateway.webhooks.vault import Vault
from selvage import webhooks
from selvage.errors import WebhookNotGenuine

BODY = '{"type":"image.approved","data":{"sku":"Größe"}}'.encode()


def test_the_official_package_reads_what_we_sign_and_we_what_it_signs() -> None:
    secret, now = signature.new_secret(), int(time.time())
    ours = signature.headers([signature.new_secret(), secret], "msg_1", now, BODY)
    assert standardwebhooks.Webhook(secret).verify(BODY, ours)["data"] == {"sku": "Größe"}
    theirs = standardwebhooks.Webhook(secret).sign("msg_1", datetime.fromtimestamp(now, UTC), BODY.decode())
    headers = {"Webhook-Id": "msg_1", "Webhook-Timestamp": str(now), "Webhook-Signature": f"v2,x {theirs}"}
    assert webhooks.verify(secret, headers, BODY)["type"] == "image.approved"


@pytest.mark.parametrize(
    ("shift", "body", "name"), [(-301, BODY, ""), (301, BODY, ""), (0, BODY + b" ", ""), (0, BODY, "webhook-id")]
)
def test_what_is_old_changed_or_incomplete_is_refused(shift: int, body: bytes, name: str) -> None:
    secret = signature.new_secret()
    headers = signature.headers([secret], "msg_1", int(time.time()) + shift, BODY)
    headers.pop(name, None)
    with pytest.raises(WebhookNotGenuine):
        webhooks.verify(secret, headers, body)


def test_a_secret_of_the_wrong_length_is_none() -> None:
    for length in (23, 65):
        with pytest.raises(ValueError, match=str(length)):
            signature.key_of("whsec_" + base64.b64encode(bytes(length)).decode())


def test_secrets_are_read_with_their_key_and_for_their_endpoint_only() -> None:
    from uuid import uuid4

    here, there, vault = uuid4(), uuid4(), Vault(b"k" * 32)
    sealed = vault.seal("whsec_x", here)
    assert "whsec" not in sealed
    assert vault.open(sealed, here) == vault.open(Vault().seal("whsec_x", here), here) == "whsec_x"
    for wrong, endpoint in ((Vault(b"l" * 32), here), (Vault(), here), (vault, there)):
        with pytest.raises(WebhookSecretUnreadable):
            wrong.open(sealed, endpoint)


def test_pauses_follow_the_schedule_and_the_receiver() -> None:
    schedule = Schedule((5, 300), 0.1)
    assert 5 <= (schedule.after(1) or 0) <= 5.5
    assert 300 <= (schedule.after(2) or 0) <= 330
    assert schedule.after(2, 1000) == 1000
    assert schedule.after(2, 1e9) == 86_400
    assert schedule.after(3) is None

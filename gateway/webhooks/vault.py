"""Secrets as they lie in the database: they must be read again to sign, so they are encrypted, not hashed.

AES-256-GCM with a random nonce under the key of the settings, bound to the endpoint they belong to. Without a key they
lie in clear; what was stored so stays readable when a key is set later.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from uuid import UUID

from Crypto.Cipher import AES

from .errors import WebhookSecretUnreadable

CLEAR, SEALED = "clear:", "aes-256-gcm:"
NONCE, TAG = 12, 16


class Vault:
    def __init__(self, key: bytes = b"") -> None:
        """key: 32 bytes, or none."""
        self._key = key

    def seal(self, secret: str, endpoint_id: UUID) -> str:
        if not self._key:
            return CLEAR + secret
        nonce = secrets.token_bytes(NONCE)
        cipher = AES.new(self._key, AES.MODE_GCM, nonce=nonce, mac_len=TAG)
        cipher.update(endpoint_id.bytes)
        sealed, tag = cipher.encrypt_and_digest(secret.encode())
        return SEALED + base64.b64encode(nonce + tag + sealed).decode()

    def open(self, stored: str, endpoint_id: UUID) -> str:
        """Raises WebhookSecretUnreadable."""
        if stored.startswith(CLEAR):
            return stored.removeprefix(CLEAR)
        if not self._key or not stored.startswith(SEALED):
            raise WebhookSecretUnreadable
        try:
            data = base64.b64decode(stored.removeprefix(SEALED), validate=True)
            cipher = AES.new(self._key, AES.MODE_GCM, nonce=data[:NONCE], mac_len=TAG)
            cipher.update(endpoint_id.bytes)
            return cipher.decrypt_and_verify(data[NONCE + TAG :], data[NONCE : NONCE + TAG]).decode()
        except (binascii.Error, ValueError):
            raise WebhookSecretUnreadable from None

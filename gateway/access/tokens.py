"""API keys as they travel: `selvage_<key id>_<secret>`.

Only the SHA-256 of the secret is stored. The secret is 32 random bytes, not a password: nobody can guess it from its
hash, so a slow password hash would add nothing but load on every request. The prefix lets scanners find leaked keys.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field

SECRET_BYTES = 32
KEY_ID = re.compile(r"[a-z0-9]{1,32}")
_TOKEN = re.compile(rf"selvage_(?P<key_id>{KEY_ID.pattern})_(?P<secret>[A-Za-z0-9_-]{{32,256}})")


@dataclass(frozen=True)
class Token:
    key_id: str
    secret: str = field(repr=False)

    def __str__(self) -> str:
        return f"selvage_{self.key_id}_{self.secret}"

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(self.secret.encode()).digest()

    def matches(self, digest: bytes | None) -> bool:
        """In constant time, so that the time of an answer tells nothing about the digest."""
        return digest is not None and hmac.compare_digest(self.digest, digest)


def new(key_id: str = "") -> Token:
    """A new key, or a new secret of the key with this id."""
    return Token(key_id or secrets.token_hex(8), secrets.token_hex(SECRET_BYTES))


def parse(text: str) -> Token | None:
    """None for what is no key of ours."""
    match = _TOKEN.fullmatch(text)
    return Token(match["key_id"], match["secret"]) if match else None

"""Checks API keys. A key's row is kept for a few seconds, so a busy client costs no query a request, and a revoked
key is refused by every process within that time; the process that revoked it refuses it at once.

While the database is away no key is good for longer than that: who calls is not known then.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from gateway import background
from gateway.db import Database
from gateway.records import api_keys

from . import tokens
from .errors import KeyExpired, KeyMissing, KeyRefused, KeyRevoked
from .principal import Principal, Role
from .settings import AccessSettings
from .tokens import Token

# Rows kept at once; ids nobody has made count too, so that guessing costs no memory.
MOST_KEPT = 4096
NOTE_SECONDS = 60.0


@dataclass(frozen=True)
class _Kept:
    row: dict[str, Any] | None
    until: float


class Keyring:
    """Make it on the event loop that uses it."""

    def __init__(self, database: Database, settings: AccessSettings) -> None:
        self._database = database
        self._admins = settings.admins()
        self._seconds = settings.cache_seconds
        self._kept: dict[str, _Kept] = {}
        self._reading: dict[str, asyncio.Task[_Kept]] = {}
        self._used: dict[str, datetime] = {}

    async def admit(self, credential: str) -> Principal:
        """The caller with this key. Raises KeyMissing, KeyRefused, KeyExpired, KeyRevoked, DatabaseUnavailable."""
        if not credential:
            raise KeyMissing
        token = tokens.parse(credential)
        if token is None:
            raise KeyRefused
        if token.key_id in self._admins:
            if not token.matches(self._admins[token.key_id]):
                raise KeyRefused
            return Principal(roles=frozenset({Role.ADMIN}), key_id=token.key_id)
        row = await self._row(token.key_id)
        now = datetime.now(UTC)
        if row is None or not _holds(token, row, now):
            raise KeyRefused
        if row["revoked_at"]:
            raise KeyRevoked(key_id=token.key_id)
        if row["expires_at"] and row["expires_at"] <= now:
            raise KeyExpired(key_id=token.key_id)
        self._used[token.key_id] = now
        return Principal(row["shop"], frozenset(Role(role) for role in row["roles"]), token.key_id)

    def forget(self, key_id: str) -> None:
        """Its row has changed."""
        self._kept.pop(key_id, None)
        self._reading.pop(key_id, None)

    async def note_forever(self) -> None:
        """Writes when keys were last used: beside the requests, once a minute at most."""
        await background.forever(self.note, NOTE_SECONDS, "key_use_not_noted")

    async def note(self) -> None:
        used, self._used = self._used, {}
        if not used:
            return
        try:
            async with self._database.transaction() as connection:
                await api_keys.note_use(connection, used)
        except Exception:
            self._used = used | self._used
            raise

    async def _row(self, key_id: str) -> dict[str, Any] | None:
        kept = self._kept.get(key_id)
        if kept is None or kept.until <= time.monotonic():
            reading = self._reading.get(key_id)
            if reading is None:
                # One query, however many requests wait for it; none of them ends it for the others.
                reading = self._reading[key_id] = asyncio.create_task(self._read(key_id))
            kept = await asyncio.shield(reading)
        return kept.row

    async def _read(self, key_id: str) -> _Kept:
        me = asyncio.current_task()
        # Valid from before the query: what is revoked while it runs is forgotten by then.
        until = time.monotonic() + self._seconds
        try:
            async with self._database.transaction() as connection:
                kept = _Kept(await api_keys.get(connection, key_id), until)
        finally:
            current = self._reading.get(key_id) is me
            if current:
                del self._reading[key_id]
        if current:
            self._kept.pop(key_id, None)
            while len(self._kept) >= MOST_KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[key_id] = kept
        return kept


def _holds(token: Token, row: dict[str, Any], now: datetime) -> bool:
    if token.matches(row["secret_sha256"]):
        return True
    until = row["previous_until"]
    return until is not None and now < until and token.matches(row["previous_sha256"])

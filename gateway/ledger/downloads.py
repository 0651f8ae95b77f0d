"""Bytes that leave for clients, by image: noted without waiting, booked by a loop."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from uuid import UUID

from gateway import background
from gateway.db import Database
from gateway.ids import uuid7
from services.kit.errors import SelvageError

from . import booking


class Downloads:
    """On one event loop. What is noted and not yet booked is lost when the process is killed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sent: Counter[str] = Counter()
        self._unsaid: tuple[str, dict[str, int]] | None = None

    def note(self, image_id: UUID | str, size: int) -> None:
        if size > 0:
            self._sent[str(image_id)] += size

    async def counted(self, image_id: UUID | str, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The pieces; those that were taken are noted, also when the client went away."""
        sent = 0
        try:
            async for piece in pieces:
                yield piece
                sent += len(piece)
        finally:
            self.note(image_id, sent)

    async def book(self) -> None:
        """Books what was noted; after an error the same again, under the same name. Raises DatabaseUnavailable."""
        if self._unsaid is None:
            if not self._sent:
                return
            self._unsaid, self._sent = (str(uuid7()), dict(self._sent)), Counter()
        async with self._database.transaction() as connection:
            await booking.egress(connection, *self._unsaid)
        self._unsaid = None

    async def book_forever(self, seconds: float) -> None:
        await background.forever(self.book, seconds, "egress_not_booked")

    async def finish(self) -> None:
        """At the end of the process."""
        with contextlib.suppress(SelvageError):
            await self.book()
            await self.book()

"""What had happened to an image until now, for numbers that count each image once. Asked before the next change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from gateway.db import Connection

# For the row `i` of images. An image ends when it is approved, rejected or failed; it may be set to work again.
NEVER_ENDED = (
    "NOT EXISTS (SELECT 1 FROM events e WHERE e.image_id = i.image_id"
    " AND e.to_state IN ('approved', 'rejected', 'published', 'failed'))"
)
# That the gate wants a person to look decides nothing.
NEVER_DECIDED = "NOT EXISTS (SELECT 1 FROM decisions d WHERE d.image_id = i.image_id AND d.verdict <> 'review')"


@dataclass(frozen=True)
class Past:
    """`waited`: seconds since it last came to need review, None when it never did."""

    never_ended: bool
    never_decided: bool
    waited: float | None
    job_created_at: datetime


async def past(connection: Connection, image_id: UUID) -> Past:
    cursor = await connection.execute(
        f"SELECT {NEVER_ENDED} AS never_ended, {NEVER_DECIDED} AS never_decided,"  # noqa: S608
        " (SELECT extract(epoch FROM now() - max(e.at))::float8 FROM events e WHERE e.image_id = i.image_id"
        "  AND e.to_state = 'needs_review' AND e.from_state <> 'needs_review') AS waited,"
        " j.created_at AS job_created_at FROM images i JOIN jobs j USING (job_id) WHERE i.image_id = %s",
        [image_id],
    )
    row = await cursor.fetchone()
    assert row is not None
    return Past(**row)

"""Decisions of people. Each is a row that is never changed; the image follows in the same transaction."""

from __future__ import annotations

from typing import Any

from psycopg.types.json import Jsonb

from selvage_api.review.v1alpha1 import review_service_pb2
from services.kit.errors import InvalidArgument

from . import lookups, outcomes, words
from .access.principal import READ, Role, require
from .db import Connection, Database
from .engine import Engine
from .errors import EtagMismatch, EtagRequired, FieldsInvalid, ImageExpired, ImageNotFound, NotDecidable
from .lookups import image_uuid
from .records import decisions, history, images
from .records.images import Row

# Somebody waits for the result.
PRIORITY = "rush"
TEXT_LENGTH = 2000
REVIEWER_LENGTH = 200
# Of people; how they stand in the table of decisions.
VERDICTS: dict[review_service_pb2.Verdict, str] = {
    review_service_pb2.VERDICT_APPROVE: "approve",
    review_service_pb2.VERDICT_REJECT: "reject",
    review_service_pb2.VERDICT_FIX: "fix",
    review_service_pb2.VERDICT_ART_DIRECTION: "art_direction",
}
EXPLAINED = ("reject", "art_direction")
ART_DIRECTION = "ART_DIRECTION"


class Review:
    def __init__(self, database: Database, engine: Engine, promised_seconds: float) -> None:
        """promised_seconds: of an image without a due_at, from its job on."""
        self._database = database
        self._engine = engine
        self._promised_seconds = promised_seconds

    async def decide(self, request: review_service_pb2.DecideRequest) -> review_service_pb2.DecideResponse:
        """Approval sets the image to work until its files carry the new status; any other verdict stands at once.

        Raises FieldsInvalid, EtagRequired, EtagMismatch, ImageNotFound, NotDecidable, ImageExpired.
        """
        caller = require(Role.REVIEW)
        _check(request)
        image_id = image_uuid(request.image_id)
        verdict = VERDICTS[request.verdict]
        async with self._database.transaction() as connection:
            row = await images.get(connection, image_id)
            if row is None or not caller.sees(row["shop"]):
                raise ImageNotFound(image_id=request.image_id)
            if str(row["version"]) != request.etag:
                raise EtagMismatch(image_id=request.image_id)
            if row["state"] not in words.DECIDABLE:
                raise NotDecidable(image_id=request.image_id, state=row["state"])
            if row["expired"] and verdict != "reject":
                raise ImageExpired(image_id=request.image_id, kinds=", ".join(row["expired"]))
            past = await history.past(connection, image_id)
            # Before the change of the image: it is part of the evidence.
            await decisions.append(
                connection,
                image_id,
                decisions.PERSON,
                verdict,
                reviewer=request.reviewer,
                reason=request.reason,
                seconds=request.seconds,
                confidence=row["confidence"],
                evidence={"state": row["state"], "reasons": row["reasons"]},
                key_id=caller.key_id,
            )
            moved = await self._carry_out(connection, row, verdict, request.reason)
            if moved is None:
                raise EtagMismatch(image_id=request.image_id)
            image = await images.message(connection, image_id)
            assert image is not None
        outcomes.decided(row, moved, past, verdict, request.seconds, self._promised_seconds)
        return review_service_pb2.DecideResponse(image=image)

    async def list_decisions(
        self, request: review_service_pb2.ListDecisionsRequest
    ) -> review_service_pb2.ListDecisionsResponse:
        """Of machines and people, oldest first. Raises ImageNotFound."""
        require(*READ)
        image_id = image_uuid(request.image_id)
        async with self._database.transaction() as connection:
            await lookups.image(connection, image_id)
            return review_service_pb2.ListDecisionsResponse(decisions=await decisions.of(connection, image_id))

    async def _carry_out(self, connection: Connection, row: Row, verdict: str, reason: str) -> Row | None:
        if verdict == "approve":
            return await self._approve(connection, row)
        if verdict == "art_direction":
            asked = {"code": ART_DIRECTION, "detail": reason}
            others = [each for each in row["reasons"] if each.get("code") != ART_DIRECTION]
            return await _move(connection, row, words.NEEDS_REVIEW, reasons=Jsonb([asked, *others]))
        return await _move(connection, row, words.IN_EDIT if verdict == "fix" else words.REJECTED)

    async def _approve(self, connection: Connection, row: Row) -> Row | None:
        if row["state"] == words.APPROVED:  # the files carry that name already
            return await _move(connection, row, words.APPROVED)
        tasks = await self._engine.defer(connection, row["shop"], [row["image_id"]], PRIORITY)
        started = {"task_id": tasks[row["image_id"]], "tries": 0, "busy": 0, "losses": 0}
        return await _move(connection, row, words.PROCESSING, verdict="approve", **started)


async def _move(connection: Connection, row: Row, to: str, **columns: Any) -> Row | None:
    return await images.move(
        connection, row["image_id"], to, allowed=[row["state"]], version=row["version"], kind="decided", **columns
    )


def _check(request: review_service_pb2.DecideRequest) -> None:
    if not request.etag:
        raise EtagRequired
    problems = []
    if request.verdict not in VERDICTS:
        names = ", ".join(review_service_pb2.Verdict.Name(verdict) for verdict in VERDICTS)
        problems.append(("verdict", f"must be one of {names}"))
    if VERDICTS.get(request.verdict) in EXPLAINED and not request.reason.strip():
        problems.append(("reason", "is required for a rejection and for art direction"))
    if not 0 <= request.seconds < 86_400:
        problems.append(("seconds", "must be between 0 and one day"))
    for name, most in (("reason", TEXT_LENGTH), ("reviewer", REVIEWER_LENGTH)):
        if len(getattr(request, name)) > most:
            problems.append((name, f"has more than {most} characters"))
    if not request.image_id:
        raise InvalidArgument(field="image_id", problem="is required")
    if problems:
        raise FieldsInvalid.of(problems)

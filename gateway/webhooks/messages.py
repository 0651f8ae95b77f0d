"""Rows -> protos of the API."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from gateway.records import convert
from selvage_api.webhooks.v1 import webhooks_service_pb2 as pb
from services.kit.errors import InvalidArgument

# Beyond these neither Python nor PostgreSQL need agree with the proto on what a date is.
FIRST, LAST = datetime(1970, 1, 1, tzinfo=UTC).timestamp(), datetime(2200, 1, 1, tzinfo=UTC).timestamp()


def endpoint(row: Mapping[str, Any]) -> pb.Endpoint:
    """Without its secrets."""
    return pb.Endpoint(
        endpoint_id=str(row["endpoint_id"]),
        shop=row["shop"],
        url=row["url"],
        events=row["events"],
        label=row["label"],
        disabled=row["disabled"],
        disabled_reason=row["disabled_reason"],
        create_time=convert.timestamp(row["created_at"]),
        update_time=convert.timestamp(row["updated_at"]),
    )


def delivery(row: Mapping[str, Any]) -> pb.Delivery:
    return pb.Delivery(
        delivery_id=str(row["delivery_id"]),
        endpoint_id=str(row["endpoint_id"]),
        message_id=row["message_id"],
        event=row["event"],
        state=row["state"],
        attempts=row["attempts"],
        status=row["status"],
        problem=row["problem"],
        create_time=convert.timestamp(row["created_at"]),
        last_attempt_time=convert.timestamp(row["last_attempt_at"]),
        next_attempt_time=convert.timestamp(row["next_attempt_at"]),
        log=[_attempt(each) for each in row["log"]],
    )


def _attempt(entry: Mapping[str, Any]) -> pb.Attempt:
    moment = datetime.fromtimestamp(float(entry["at"]), UTC)
    return pb.Attempt(
        attempt_time=convert.timestamp(moment),
        status=entry["status"],
        problem=entry["problem"],
        milliseconds=entry["milliseconds"],
    )


def moment(field: str, given: Timestamp) -> datetime:
    """Raises InvalidArgument."""
    seconds = given.seconds + given.nanos / 1e9
    if not FIRST <= seconds < LAST:
        raise InvalidArgument(field=field, problem="must be a time between 1970 and 2200")
    return given.ToDatetime(UTC)

"""Rows -> protos. JSON columns hold protos in the protobuf JSON mapping with the field names of the proto."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from google.protobuf import json_format
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from psycopg.types.json import Jsonb

from gateway import words
from gateway.retention import kinds
from selvage_api.images.v1 import images_pb2
from selvage_api.jobs.v1 import jobs_service_pb2

from . import json_mapping

M = TypeVar("M", bound=Message)

to_json = json_mapping.to_json


def to_column(messages: Iterable[Message]) -> Jsonb:
    return Jsonb([to_json(message) for message in messages])


def column(message: Message) -> Jsonb:
    return Jsonb(to_json(message))


def from_json(data: Mapping[str, Any], message: M) -> M:
    """Fields a newer version has written are passed over."""
    return json_format.ParseDict(dict(data), message, ignore_unknown_fields=True)


def object_ref(data: Mapping[str, Any]) -> images_pb2.ObjectRef:
    """As `from_json`, without its pace: every stage reads some."""
    return images_pb2.ObjectRef(
        key=data.get("key", ""),
        sha256=data.get("sha256", ""),
        size_bytes=int(data.get("size_bytes", 0)),
        media_type=data.get("media_type", ""),
    )


def timestamp(moment: datetime | None) -> Timestamp | None:
    if moment is None:
        return None
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp


def image(row: Mapping[str, Any], stages: Iterable[Mapping[str, Any]] = ()) -> images_pb2.Image:
    return images_pb2.Image(
        image_id=str(row["image_id"]),
        job_id=str(row["job_id"]),
        shop=row["shop"],
        sku=row["sku"],
        image_no=row["image_no"],
        source_name=row["source_name"],
        shoot=row["shoot"],
        category=row["category"],
        tier=words.tier_enum(row["tier"]),
        template=row["template"],
        due_time=timestamp(row["due_at"]),
        original=object_ref(row["original"]),
        state=words.state_enum(row["state"]),
        confidence=row["confidence"],
        reasons=[from_json(reason, images_pb2.Reason()) for reason in row["reasons"]],
        error=from_json(row["error"], images_pb2.Problem()) if row["error"] else None,
        files=[_file(file, row["expired"]) for file in row["files"]],
        stages=[
            images_pb2.StageRun(
                stage=stage["stage"], seconds=stage["seconds"], attempt=stage["attempt"], reused=stage["reused"]
            )
            for stage in stages
        ],
        create_time=timestamp(row["created_at"]),
        update_time=timestamp(row["updated_at"]),
        etag=str(row["version"]),
        original_expired=kinds.ORIGINALS in row["expired"],
    )


def _file(file: Mapping[str, Any], expired: Collection[str]) -> images_pb2.ImageFile:
    message = from_json(file, images_pb2.ImageFile())
    message.expired = kinds.of_file(message.name) in expired
    return message


def event(row: Mapping[str, Any]) -> jobs_service_pb2.Event:
    return jobs_service_pb2.Event(
        event_id=row["event_id"],
        job_id=str(row["job_id"]),
        image_id=str(row["image_id"] or ""),
        kind=row["kind"],
        from_state=words.state_enum(row["from_state"] or words.UNSPECIFIED),
        to_state=words.state_enum(row["to_state"] or words.UNSPECIFIED),
        detail=json.dumps(row["detail"], ensure_ascii=False),
        time=timestamp(row["at"]),
    )


def job(row: Mapping[str, Any], counts: Mapping[str, int], changed_at: datetime | None) -> jobs_service_pb2.Job:
    """`counts`: images by state. `changed_at`: when the last of them changed."""
    running = any(counts.get(state) for state in words.OPEN)
    state = jobs_service_pb2.JOB_STATE_RUNNING if running else jobs_service_pb2.JOB_STATE_FINISHED
    if row["cancelled_at"]:
        state = jobs_service_pb2.JOB_STATE_CANCELLED
    return jobs_service_pb2.Job(
        job_id=str(row["job_id"]),
        shop=row["shop"],
        state=state,
        template=row["template"],
        profile=row["profile"],
        label=row["label"],
        priority=words.priority_enum(row["priority"]),
        counts=jobs_service_pb2.JobCounts(total=sum(counts.values()), **counts),
        create_time=timestamp(row["created_at"]),
        update_time=timestamp(max(row["updated_at"], changed_at or row["updated_at"])),
    )

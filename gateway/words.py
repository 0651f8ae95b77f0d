"""The shared words as they stand in the database (lower case) and in the protos (full enum names)."""

from __future__ import annotations

from typing import cast

from selvage_api.images.v1 import images_pb2
from selvage_api.jobs.v1 import jobs_service_pb2
from services.kit.errors import InvalidArgument

STATE_PREFIX = "IMAGE_STATE_"
TIER_PREFIX = "TIER_"
PRIORITY_PREFIX = "PRIORITY_"

UNSPECIFIED = "unspecified"
RECEIVED = "received"
PROCESSING = "processing"
NEEDS_REVIEW = "needs_review"
IN_EDIT = "in_edit"
APPROVED = "approved"
REJECTED = "rejected"
PUBLISHED = "published"
FAILED = "failed"
CANCELLED = "cancelled"

STATES = (RECEIVED, PROCESSING, NEEDS_REVIEW, IN_EDIT, APPROVED, REJECTED, PUBLISHED, FAILED, CANCELLED)
# A job runs while one of its images is in one of these.
OPEN = (RECEIVED, PROCESSING)
# States a person may decide about.
DECIDABLE = (NEEDS_REVIEW, IN_EDIT, APPROVED, REJECTED)


def state_enum(state: str) -> images_pb2.ImageState:
    return cast(images_pb2.ImageState, images_pb2.ImageState.Value(STATE_PREFIX + state.upper()))


def state_word(state: images_pb2.ImageState) -> str:
    """Raises InvalidArgument for UNSPECIFIED and for numbers this version does not know."""
    if state not in images_pb2.ImageState.values() or state == images_pb2.IMAGE_STATE_UNSPECIFIED:
        raise InvalidArgument(field="states", problem=f"{state} is no image state")
    return images_pb2.ImageState.Name(state).removeprefix(STATE_PREFIX).lower()


def tier_enum(tier: str) -> images_pb2.Tier:
    return cast(images_pb2.Tier, images_pb2.Tier.Value(TIER_PREFIX + (tier.upper() or "UNSPECIFIED")))


def tier_word(tier: images_pb2.Tier) -> str:
    """'' for UNSPECIFIED and for numbers this version does not know."""
    if tier not in images_pb2.Tier.values() or tier == images_pb2.TIER_UNSPECIFIED:
        return ""
    return images_pb2.Tier.Name(tier).removeprefix(TIER_PREFIX).lower()


def priority_enum(priority: str) -> jobs_service_pb2.Priority:
    return cast(jobs_service_pb2.Priority, jobs_service_pb2.Priority.Value(PRIORITY_PREFIX + priority.upper()))


def priority_word(priority: jobs_service_pb2.Priority) -> str:
    """'normal' for UNSPECIFIED; `priority` must be one this version knows."""
    if priority == jobs_service_pb2.PRIORITY_UNSPECIFIED:
        return "normal"
    return jobs_service_pb2.Priority.Name(priority).removeprefix(PRIORITY_PREFIX).lower()

"""Every metric Selvage exports, defined once: names, help texts, labels and buckets.

Labels come from fixed sets; ids of images and jobs belong into logs. Base units: seconds, bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.exposition import choose_encoder

disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each, which nothing reads
REGISTRY = CollectorRegistry()
ProcessCollector(namespace="selvage", registry=REGISTRY)
PlatformCollector(registry=REGISTRY)

STAGES = ("intake", "plate", "segment", "matting", "gate", "compose")
OUTCOMES = ("done", "reused", "failed", "cancelled")
IMAGE_STATES = (
    "received",
    "processing",
    "needs_review",
    "in_edit",
    "approved",
    "rejected",
    "published",
    "failed",
    "cancelled",
)
JOB_STATES = ("running", "finished", "cancelled")
MEDIA_TYPES = (
    "application/json",
    "application/octet-stream",
    "image/avif",
    "image/heic",
    "image/jpeg",
    "image/png",
    "image/tiff",
    "image/vnd.adobe.photoshop",
    "image/webp",
)

CALL_SECONDS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120)
"""Buckets of one call or one stage."""
AGE_SECONDS = tuple(3600 * hours for hours in (0.1, 0.25, 0.5, 1, 2, 4, 8, 12, 24, 48, 96))
"""Buckets of what waits for people or for a whole job."""

BUILD = Gauge("selvage_build_info", "Always 1; the labels say what runs.", ["version", "component"], registry=REGISTRY)

RPC_REQUESTS = Counter("selvage_rpc_requests", "gRPC calls answered.", ["service", "method", "code"], registry=REGISTRY)
RPC_SECONDS = Histogram(
    "selvage_rpc_duration_seconds",
    "Time to answer a gRPC call.",
    ["service", "method"],
    buckets=CALL_SECONDS,
    registry=REGISTRY,
)
RPC_IN_FLIGHT = Gauge("selvage_rpc_in_flight", "gRPC calls being answered.", ["service", "method"], registry=REGISTRY)

HTTP_REQUESTS = Counter(
    "selvage_http_requests",
    "HTTP requests answered, by route pattern.",
    ["route", "method", "status"],
    registry=REGISTRY,
)
HTTP_SECONDS = Histogram(
    "selvage_http_duration_seconds",
    "Time to answer an HTTP request, by route pattern.",
    ["route", "method"],
    buckets=CALL_SECONDS,
    registry=REGISTRY,
)

STAGE_SECONDS = Histogram(
    "selvage_stage_duration_seconds",
    "Time of one stage of one image.",
    ["stage", "outcome"],
    buckets=CALL_SECONDS,
    registry=REGISTRY,
)
IMAGES = Counter("selvage_images", "Images that reached a state.", ["state"], registry=REGISTRY)
IMAGES_IN_STATE = Gauge("selvage_images_in_state", "Images now in a state.", ["state"], registry=REGISTRY)
IMAGE_AGE_SECONDS = Histogram(
    "selvage_image_age_seconds",
    "Time from an image's arrival until it reached a state.",
    ["state"],
    buckets=AGE_SECONDS,
    registry=REGISTRY,
)
JOBS_IN_STATE = Gauge("selvage_jobs_in_state", "Jobs now in a state.", ["state"], registry=REGISTRY)

QUEUE_DEPTH = Gauge("selvage_queue_depth", "Tasks waiting in a queue.", ["queue"], registry=REGISTRY)
QUEUE_OLDEST_SECONDS = Gauge(
    "selvage_queue_oldest_age_seconds", "Age of the oldest task waiting in a queue.", ["queue"], registry=REGISTRY
)

STORED_BYTES = Counter("selvage_stored_bytes", "Bytes written to the object store.", ["media_type"], registry=REGISTRY)

WEBHOOK_ATTEMPTS = Counter(
    "selvage_webhook_attempts",
    "Attempts to deliver a message: delivered, failed (tried again) or given_up.",
    ["outcome"],
    registry=REGISTRY,
)
WEBHOOK_SECONDS = Histogram(
    "selvage_webhook_attempt_duration_seconds",
    "Time a receiver took to answer, or until there was none.",
    buckets=CALL_SECONDS,
    registry=REGISTRY,
)
WEBHOOK_BACKLOG = Gauge(
    "selvage_webhook_backlog", "Messages waiting for an endpoint that is not disabled.", registry=REGISTRY
)
WEBHOOK_OLDEST_SECONDS = Gauge(
    "selvage_webhook_oldest_age_seconds", "Age of the oldest message waiting for an endpoint.", registry=REGISTRY
)

CPU_WAITING = Gauge("selvage_cpu_waiting", "CPU work waiting for admission.", registry=REGISTRY)
CPU_ADMITTED_MEGAPIXELS = Gauge(
    "selvage_cpu_admitted_megapixels", "Weight of the CPU work being done.", registry=REGISTRY
)


@dataclass(frozen=True)
class Definition:
    """A metric as dashboards and rules name it (`name` is the sample family, with `_total` for counters)."""

    name: str
    kind: str
    help: str
    labels: tuple[str, ...]


def definitions() -> Iterator[Definition]:
    """Every metric of this module."""
    for metric in globals().values():
        if isinstance(metric, Counter | Gauge | Histogram):
            family = next(iter(metric.collect()))
            suffix = "_total" if isinstance(metric, Counter) else ""
            yield Definition(f"{family.name}{suffix}", family.type, family.documentation, tuple(metric._labelnames))


def observe_stage(stage: str, outcome: str, seconds: float) -> None:
    """Records one stage run. Raises `ValueError` for a stage or outcome outside the fixed sets."""
    if stage not in STAGES or outcome not in OUTCOMES:
        raise ValueError(f"unknown stage or outcome: {stage!r}, {outcome!r}")
    STAGE_SECONDS.labels(stage, outcome).observe(seconds)


def count_image(state: str, age_seconds: float) -> None:
    """Records that an image reached a state `age_seconds` after its arrival. Raises `ValueError` as above."""
    if state not in IMAGE_STATES:
        raise ValueError(f"unknown image state: {state!r}")
    IMAGES.labels(state).inc()
    IMAGE_AGE_SECONDS.labels(state).observe(age_seconds)


def count_stored(media_type: str, size: int) -> None:
    """Records `size` bytes written to the object store; media types we do not make ourselves count as "other"."""
    STORED_BYTES.labels(media_type if media_type in MEDIA_TYPES else "other").inc(size)


def exposition(accept: str = "") -> tuple[bytes, str]:
    """The text a scrape gets and its content type; OpenMetrics when the Accept header asks for it."""
    encode, content_type = choose_encoder(accept)
    return encode(REGISTRY), content_type

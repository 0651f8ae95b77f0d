"""Every metric Selvage exports, defined once: names, help texts, labels and buckets.

Labels come from fixed sets or go through `bounded`; ids of images and jobs belong into logs and exemplars. Base units:
seconds, bytes. docs/metrics.md is written from here.
"""

from __future__ import annotations

from .registry import Mirror, counter, gauge, histogram

CALL_SECONDS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120)
"""Buckets of one call or one stage."""
AGE_SECONDS = (5, 15, 60, *(3600 * hours for hours in (0.1, 0.25, 0.5, 1, 2, 4, 8, 12, 24, 48, 96)))
"""Buckets of what waits for people or for a whole job."""
HAND_SECONDS = (5, 10, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1800)
"""Buckets of a person's work on one image."""

# What runs.
BUILD = gauge("selvage_build_info", "Always 1; the labels say what runs.", ["version", "component"])
SERVICE_UP = gauge("selvage_service_up", "Whether this gateway reaches a service: 1 or 0.", ["service"])
MODELS = Mirror("gauge", "selvage_model_info", "Always 1; the models that are offered.", ["profile", "model_version"])
TEMPLATES = Mirror(
    "gauge", "selvage_template_info", "Always 1; the templates that are offered.", ["template", "revision"]
)

# Calls: rate, errors, duration.
RPC_REQUESTS = counter("selvage_rpc_requests_total", "gRPC calls answered.", ["service", "method", "code"])
RPC_SECONDS = histogram(
    "selvage_rpc_duration_seconds", "Time to answer a gRPC call.", ["service", "method"], buckets=CALL_SECONDS
)
RPC_IN_FLIGHT = gauge("selvage_rpc_in_flight", "gRPC calls being answered.", ["service", "method"])
HTTP_REQUESTS = counter(
    "selvage_http_requests_total", "HTTP requests answered, by route pattern.", ["route", "method", "status"]
)
HTTP_SECONDS = histogram(
    "selvage_http_duration_seconds",
    "Time to answer an HTTP request, by route pattern.",
    ["route", "method"],
    buckets=CALL_SECONDS,
)

# Images on their way.
STAGE_SECONDS = histogram(
    "selvage_stage_duration_seconds", "Time of one stage of one image.", ["stage", "outcome"], buckets=CALL_SECONDS
)
STAGE_CPU_SECONDS = counter(
    "selvage_stage_cpu_seconds_total", "CPU time that services spent on a stage, as they say.", ["stage"]
)
STAGE_GPU_SECONDS = counter(
    "selvage_stage_gpu_seconds_total", "GPU time spent on a stage: each image's own share of its batches.", ["stage"]
)
STAGE_RETRIES = counter(
    "selvage_stage_retries_total", "Stages that ended by a transient error and run again.", ["stage", "reason"]
)
IMAGES = counter("selvage_images_total", "Images that reached a state.", ["state"])
IMAGES_IN_STATE = gauge("selvage_images_in_state", "Images now in a state.", ["state"], scope="database")
IMAGE_AGE_SECONDS = histogram(
    "selvage_image_age_seconds",
    "Time from an image's arrival until it reached a state.",
    ["state"],
    buckets=AGE_SECONDS,
)
IMAGE_FAILURES = counter(
    "selvage_image_failures_total", "Images that failed, by the row of the error table.", ["reason"]
)
REVIEW_REASONS = counter(
    "selvage_review_reasons_total", "Reasons why images need review; an image may have several.", ["reason"]
)
JOBS_IN_STATE = gauge("selvage_jobs_in_state", "Jobs now in a state.", ["state"], scope="database")

# The promise: in time.
IMAGES_FINISHED = counter(
    "selvage_images_finished_total",
    "Images that ended for the first time: approved, rejected or failed.",
    ["tier"],
)
IMAGES_IN_TIME = counter(
    "selvage_images_in_time_total",
    "Those of them that ended before they were due, and not by a fault of ours.",
    ["tier"],
)
IMAGES_OVERDUE = gauge(
    "selvage_images_overdue", "Images that have not ended although they were due.", ["tier"], scope="database"
)

# Queue and workers.
QUEUE_DEPTH = gauge("selvage_queue_depth", "Tasks waiting in a queue.", ["queue"], scope="database")
QUEUE_OLDEST_SECONDS = gauge(
    "selvage_queue_oldest_age_seconds", "Age of the oldest task waiting in a queue.", ["queue"], scope="database"
)
QUEUE_WAIT_SECONDS = histogram(
    "selvage_queue_wait_seconds", "Time from when an image was set to work until it was begun.", buckets=AGE_SECONDS
)
RUN_SLOTS = gauge("selvage_run_slots", "Images this process may have in progress at once.")
RUNS_IN_PROGRESS = gauge("selvage_runs_in_progress", "Images this process has in progress.")
TASKS_TAKEN_OVER = counter("selvage_tasks_taken_over_total", "Tasks of dead workers given back to the queue.")

# People.
DECISIONS = counter("selvage_decisions_total", "Decisions on images.", ["actor", "verdict"])
FIRST_DECISIONS = counter(
    "selvage_first_decisions_total",
    "Images by their first decision; that the gate wants a person to look is none.",
    ["actor", "verdict"],
)
REWORK = counter("selvage_rework_total", "Approved images that were taken back, by what happened to them.", ["reason"])
REVIEW_WAIT_SECONDS = histogram(
    "selvage_review_wait_seconds", "Time an image waited for a person's decision.", buckets=AGE_SECONDS
)
REVIEW_SECONDS = histogram(
    "selvage_review_seconds", "Time a person spent on one decision, edits included.", ["verdict"], buckets=HAND_SECONDS
)
REVIEW_OLDEST_SECONDS = gauge(
    "selvage_review_oldest_age_seconds", "How long the oldest image in review has waited.", scope="database"
)

# Money, from the ledger, in its currency.
IMAGE_COST = Mirror(
    "counter",
    "selvage_image_cost_currency_total",
    "What images have cost so far.",
    ["kind", "category", "template", "model_version"],
)
APPROVED_IMAGES = Mirror(
    "counter",
    "selvage_approved_images_total",
    "Images approved so far, each counted once.",
    ["category", "template", "model_version"],
)
COST_PER_APPROVED_IMAGE = Mirror(
    "gauge",
    "selvage_cost_per_approved_image",
    "Cost of all images over the number of approved ones; marginal leaves out fixed cost, full does not.",
    ["category", "template", "model_version", "kind"],
)
BUDGET_USED_RATIO = Mirror(
    "gauge",
    "selvage_budget_used_ratio",
    "Share of this month's budget that is spent, of shops that have one.",
    ["shop"],
)

# Store, webhooks, CPU.
STORED_BYTES = counter("selvage_stored_bytes_total", "Bytes written to the object store.", ["media_type"])
WEBHOOK_ATTEMPTS = counter(
    "selvage_webhook_attempts_total",
    "Attempts to deliver a message: delivered, failed (tried again) or given_up.",
    ["outcome"],
)
WEBHOOK_SECONDS = histogram(
    "selvage_webhook_attempt_duration_seconds",
    "Time a receiver took to answer, or until there was none.",
    buckets=CALL_SECONDS,
)
WEBHOOK_BACKLOG = gauge(
    "selvage_webhook_backlog", "Messages waiting for an endpoint that is not disabled.", scope="database"
)
WEBHOOK_OLDEST_SECONDS = gauge(
    "selvage_webhook_oldest_age_seconds", "Age of the oldest message waiting for an endpoint.", scope="database"
)
CPU_WAITING = gauge("selvage_cpu_waiting", "CPU work waiting for admission.")
CPU_ADMITTED_MEGAPIXELS = gauge("selvage_cpu_admitted_megapixels", "Weight of the CPU work being done.")

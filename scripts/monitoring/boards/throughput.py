"""How much goes through, where it waits and where it fails."""

from __future__ import annotations

from scripts.monitoring.panels import Board, below, lines, numbers, stacked

BOARD = Board(
    uid="selvage-throughput",
    title="Selvage: throughput",
    answers="How many images an hour, which stage takes the time, what waits and what fails?",
    rows=(
        (
            "Now",
            (
                numbers(
                    "Approved in the last hour",
                    "Images that reached approved.",
                    ('sum(increase(selvage_images_total{state="approved"}[1h]))', "images"),
                    decimals=0,
                ),
                numbers(
                    "Waiting for a worker",
                    "Tasks that are due and not begun.",
                    ("sum(max by (queue) (selvage_queue_depth))", "tasks"),
                    decimals=0,
                ),
                numbers(
                    "Oldest waiting task",
                    "A large job makes this long without any fault; it should fall steadily.",
                    ("max(selvage_queue_oldest_age_seconds)", "age"),
                    unit="s", steps=below(1800, 14400),
                ),
                numbers(
                    "Workers busy",
                    "Images in progress of those all workers may have in progress.",
                    ("sum(selvage_runs_in_progress) / sum(selvage_run_slots)", "busy"),
                    unit="percentunit", decimals=0,
                ),
            ),
        ),
        (
            "Images",
            (
                lines(
                    "Images an hour by state reached",
                    "Received shows what comes in, approved what is done.",
                    ("sum by (state) (rate(selvage_images_total[$__rate_interval])) * 3600", "{{state}}"),
                ),
                stacked(
                    "Images by state",
                    "Where the images are now that are not done.",
                    ('max by (state) (selvage_images_in_state{state=~"received|processing|needs_review|in_edit"})',
                     "{{state}}"),
                ),
                lines(
                    "Failures an hour by reason",
                    "Reasons are rows of the error table.",
                    ("sum by (reason) (rate(selvage_image_failures_total[$__rate_interval])) * 3600", "{{reason}}"),
                ),
                lines("Jobs", "Jobs by state.", ("max by (state) (selvage_jobs_in_state)", "{{state}}")),
            ),
        ),
        (
            "Stages",
            (
                lines(
                    "Time of a stage, 95 %",
                    "Of stages that did work; reused ones take no time.",
                    ("histogram_quantile(0.95, sum by (le, stage) (rate("
                     'selvage_stage_duration_seconds_bucket{outcome="done"}[$__rate_interval])))', "{{stage}}"),
                    unit="s",
                ),
                stacked(
                    "Time in stages",
                    "How many stages run at once on average: where the time goes.",
                    ("sum by (stage) (rate(selvage_stage_duration_seconds_sum[$__rate_interval]))", "{{stage}}"),
                ),
                lines(
                    "Stages by outcome, an hour",
                    "Reused stages cost nothing: the same photo and settings came again.",
                    ("sum by (outcome) (rate(selvage_stage_duration_seconds_count[$__rate_interval])) * 3600",
                     "{{outcome}}"),
                ),
                lines(
                    "Stages run again, an hour",
                    "Transient errors, by reason.",
                    ("sum by (stage, reason) (rate(selvage_stage_retries_total[$__rate_interval])) * 3600",
                     "{{stage}} {{reason}}"),
                ),
            ),
        ),
        (
            "Queue and workers",
            (
                lines("Waiting tasks", "By queue.", ("max by (queue) (selvage_queue_depth)", "{{queue}}")),
                lines(
                    "Age of the oldest waiting task",
                    "By queue.",
                    ("max by (queue) (selvage_queue_oldest_age_seconds)", "{{queue}}"),
                    unit="s",
                ),
                lines(
                    "Worker slots",
                    "Images in progress against those that may be.",
                    ("sum(selvage_runs_in_progress)", "in progress"),
                    ("sum(selvage_run_slots)", "slots"),
                ),
                lines(
                    "Tasks taken over, an hour",
                    "From workers that died.",
                    ("sum(rate(selvage_tasks_taken_over_total[$__rate_interval])) * 3600", "taken over"),
                ),
            ),
        ),
    ),
)  # fmt: skip

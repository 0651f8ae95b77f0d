"""How good the machine is, what people are asked and how long it takes them."""

from __future__ import annotations

from scripts.monitoring.panels import Board, above, bars, below, lines, numbers, stacked

FIRST = "sum(increase(selvage_first_decisions_total[30d]))"

BOARD = Board(
    uid="selvage-quality",
    title="Selvage: quality and review",
    answers="How many images no hand touches, how many come back, what doubts are about, and how long review takes.",
    since="now-7d",
    rows=(
        (
            "Last 30 days",
            (
                numbers(
                    "Approved at first",
                    "First-time approval rate: images whose first decision was approval, by machine or person.",
                    ('sum(increase(selvage_first_decisions_total{verdict="approve"}[30d])) / ' + FIRST, "at first"),
                    unit="percentunit", decimals=1, steps=above(0.85, 0.92),
                ),
                numbers(
                    "Approved with no hand on it",
                    "By the gate, at first. The aim is 95 %.",
                    ('sum(increase(selvage_first_decisions_total{actor="gate", verdict="approve"}[30d])) / ' + FIRST,
                     "no hand"),
                    unit="percentunit", decimals=1, steps=above(0.85, 0.95),
                ),
                numbers(
                    "Rework",
                    "Approved images that were taken back. Promised: below 8 %; outsourcing had 22 %.",
                    ("selvage:rework:ratio_increase30d", "taken back"),
                    unit="percentunit", decimals=1, steps=below(0.08, 0.22),
                ),
                numbers(
                    "Oldest image in review",
                    "How long it has waited.",
                    ("max(selvage_review_oldest_age_seconds)", "waited"),
                    unit="s", steps=below(4 * 3600, 24 * 3600),
                ),
            ),
        ),
        (
            "Decisions",
            (
                stacked(
                    "Decisions an hour",
                    "By who decided and how. The gate's \"review\" hands an image to people.",
                    ("sum by (actor, verdict) (rate(selvage_decisions_total[$__rate_interval])) * 3600",
                     "{{actor}}: {{verdict}}"),
                ),
                bars(
                    "Why images need review",
                    "Reasons of the gate in the last 7 days; an image may have several.",
                    ("sort_desc(sum by (reason) (increase(selvage_review_reasons_total[7d])))", "{{reason}}"),
                    decimals=0,
                ),
                lines(
                    "Rework, last 7 days",
                    "Share of approvals taken back. Above 8 % makes a ticket.",
                    ("selvage:rework:ratio_increase7d", "taken back"),
                    unit="percentunit", steps=below(0.08, 0.22),
                ),
                bars(
                    "Rework by kind",
                    "What happened to approved images in the last 30 days.",
                    ("sum by (reason) (increase(selvage_rework_total[30d]))", "{{reason}}"),
                    decimals=0,
                ),
            ),
        ),
        (
            "Review",
            (
                stacked(
                    "Images in review",
                    "Waiting, and opened by somebody.",
                    ('max by (state) (selvage_images_in_state{state=~"needs_review|in_edit"})', "{{state}}"),
                ),
                lines(
                    "Wait for a decision",
                    "From the gate to a person's decision. A report: it rings nobody.",
                    ("selvage:review_wait_seconds:p50_1d", "half"),
                    ("selvage:review_wait_seconds:p95_1d", "95 %"),
                    unit="s",
                ),
                lines(
                    "Time on one decision",
                    "Edits included. The aim is 90 s.",
                    *(
                        (f"histogram_quantile({q}, sum by (le) (rate(selvage_review_seconds_bucket[1d])))", name)
                        for q, name in ((0.5, "half"), (0.95, "95 %"))
                    ),
                    unit="s", steps=below(90, 180),
                ),
                lines(
                    "Human seconds an approved image",
                    "All time on decisions, over all approved images, of the last day.",
                    ("sum(increase(selvage_review_seconds_sum[1d]))"
                     ' / sum(increase(selvage_images_total{state="approved"}[1d]))', "seconds"),
                    unit="s",
                ),
            ),
        ),
    ),
)  # fmt: skip

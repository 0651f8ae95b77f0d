"""Writes docs/metrics.md from the metric definitions: `python -m scripts.metrics_table`."""

from __future__ import annotations

from pathlib import Path

from services.kit import metrics

PAGE = Path(__file__).resolve().parent.parent / "docs" / "metrics.md"
INTRODUCTION = """# Metrics

The gateway serves `/metrics` beside REST, whatever its role. A service that runs as a process of its own serves it
where `SELVAGE_METRICS_ADDRESS` says; empty, it does not. Scrapers that ask for OpenMetrics get exemplars too: trace
ids, when [tracing](tracing.md) is on. This page is written by `python -m scripts.metrics_table`.

* Scope **process**: each process counts what it did itself since its start. Add the instances up:
  `sum(rate(...))`.
* Scope **database**: every serving gateway says the same, read from the database every few seconds. Take one of them:
  `max without (instance, pod) (...)`.
* No label holds an id. Words that shops choose (categories, templates, names) are bounded: the heaviest keep their own
  label, the rest share `other`, an empty one is `none`. A shop stands only in `selvage_budget_used_ratio`.

## What the words mean

* **Finished**: an image's first end: approved, rejected or failed. It is **in time** when that came before its
  `due_at`, else within `SELVAGE_GATEWAY_PROMISED_SECONDS` of its job. A failure counts as in time only when
  the photo or the request was at fault. An image that waits for a person has not ended: the clock runs.
  `selvage_images_overdue` shows those that are late and not yet finished.
* **First-time approved ratio**: the share of images whose first decision, by the gate or a person, was to approve:
  `sum(increase(selvage_first_decisions_total{verdict="approve"}[30d]))
  / sum(increase(selvage_first_decisions_total[30d]))`.
  With `actor="gate"` above the line it is the share of images no hand touched.
* **Rework**: an approved image that was taken back: rejected, sent to be mended (`fix`, `art_direction`), or done again
  from a stage (`redone`). Over first approvals it is the rework ratio:
  `sum(increase(selvage_rework_total[30d]))
  / sum(increase(selvage_first_decisions_total{verdict="approve"}[30d]))`.
* **Review wait** runs from the moment an image needs review to the next decision of a person; **review seconds** are
  what the person says the decision took, edits included. Decisions without a time are not in it.

A process that is killed between a commit and the count loses that count. The reports from the ledger are exact.

## All of them

| metric | kind | unit | labels | scope | meaning |
|---|---|---|---|---|---|
"""


def page() -> str:
    rows = [
        f"| `{each.name}` | {each.kind} | {each.unit} | {', '.join(f'`{label}`' for label in each.labels)} |"
        f" {each.scope} | {each.help} |\n"
        for each in metrics.definitions()
    ]
    return INTRODUCTION + "".join(rows) + _buckets()


def _buckets() -> str:
    lines = [
        f"* `{each.name}`: {', '.join(f'{bound:g}' for bound in each.buckets)}\n"
        for each in metrics.definitions()
        if each.buckets
    ]
    return "\n## Buckets\n\nUpper bounds in seconds.\n\n" + "".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

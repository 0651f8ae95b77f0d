"""What an approved image costs: the ledger's figures, in its currency, against what it cost before."""

from __future__ import annotations

from scripts.monitoring.panels import Board, bars, below, lines, numbers, stacked

# The baseline is a team's own: $1.80 an image outsourced; $0.34 is what the same team reached.
OUTSOURCED, TARGET = 1.80, 0.34
STEPS = below(TARGET, OUTSOURCED)
COST, APPROVED = "selvage:image_cost_currency:max", "selvage:approved_images:max"


def _per(label: str) -> tuple[tuple[str, str], ...]:
    return (
        (f"sum by ({label}) ({COST}) / sum by ({label}) ({APPROVED})", f"{{{{{label}}}}}, full"),
        (f'sum by ({label}) ({COST}{{kind!="fixed"}}) / sum by ({label}) ({APPROVED})', f"{{{{{label}}}}}, marginal"),
    )


BOARD = Board(
    uid="selvage-cost",
    title="Selvage: cost per approved image",
    answers="What does a finished, approved image cost, and what of it: machines, people, store, or idle machines?",
    since="now-7d",
    rows=(
        (
            "Now",
            (
                numbers(
                    "Full cost per approved image",
                    "Everything, machines held idle included, over approved images only, since the ledger began.",
                    (f"sum({COST}) / sum({APPROVED})", "full"),
                    decimals=4, steps=STEPS,
                ),
                numbers(
                    "Marginal cost per approved image",
                    "What one more image costs: without what is paid anyway.",
                    (f'sum({COST}{{kind!="fixed"}}) / sum({APPROVED})', "marginal"),
                    decimals=4, steps=STEPS,
                ),
                numbers(
                    f"Against outsourcing at {OUTSOURCED:.2f}",
                    "Full cost as a share of what an outsourced image cost. Valid for a ledger in dollars.",
                    (f"sum({COST}) / sum({APPROVED}) / {OUTSOURCED:g}", "of outsourcing"),
                    unit="percentunit", decimals=1, steps=below(0.19, 1),
                ),
                numbers(
                    "Images approved",
                    "Each counted once, since the ledger began.",
                    (f"sum({APPROVED})", "images"),
                    decimals=0,
                ),
            ),
        ),
        (
            "Cost per approved image",
            (
                lines(
                    "Over time",
                    "Of what was spent and approved in the last 7 days at each point.",
                    (f"sum(increase({COST}[7d])) / sum(increase({APPROVED}[7d]))", "full"),
                    (f'sum(increase({COST}{{kind!="fixed"}}[7d])) / sum(increase({APPROVED}[7d]))', "marginal"),
                    (f"vector({OUTSOURCED:g})", "outsourced, 1.80"),
                    (f"vector({TARGET:g})", "target, 0.34"),
                    decimals=3,
                ),
                bars("By category", "Full and marginal.", *_per("category"), decimals=4, steps=STEPS),
                bars("By template", "Full and marginal.", *_per("template"), decimals=4, steps=STEPS),
                bars(
                    "By model version",
                    "Full and marginal. A new model that costs more, or is approved less, shows here.",
                    *_per("model_version"),
                    decimals=4, steps=STEPS,
                ),
            ),
        ),
        (
            "Where the money goes",
            (
                stacked(
                    "Spent a day, by kind",
                    "Fixed is paid for machines held, whether they work or not; the rest is marginal.",
                    (f"sum by (kind) (increase({COST}[1d]))", "{{kind}}"),
                ),
                bars(
                    "Per approved image, by kind",
                    "Human time is usually the largest part: see the quality board for what causes it.",
                    (f"sum by (kind) ({COST}) / on () group_left () sum({APPROVED})", "{{kind}}"),
                    decimals=4,
                ),
                bars(
                    "Month's budget used",
                    "Shops that have a budget. Alerts at 80 % and at 100 %.",
                    ("max by (shop) (selvage_budget_used_ratio)", "{{shop}}"),
                    unit="percentunit", decimals=1, steps=below(0.8, 1), width=24, height=6,
                ),
            ),
        ),
        (
            "Machine time",
            (
                stacked(
                    "CPU seconds an image",
                    "By stage, per approved image.",
                    ("sum by (stage) (rate(selvage_stage_cpu_seconds_total[$__rate_interval])) / on () group_left ()"
                     ' sum(rate(selvage_images_total{state="approved"}[$__rate_interval]))', "{{stage}}"),
                    unit="s",
                ),
                stacked(
                    "GPU seconds an image",
                    "Each image's own share of its batches, per approved image.",
                    ("sum by (stage) (rate(selvage_stage_gpu_seconds_total[$__rate_interval])) / on () group_left ()"
                     ' sum(rate(selvage_images_total{state="approved"}[$__rate_interval]))', "{{stage}}"),
                    unit="s",
                ),
            ),
        ),
    ),
)  # fmt: skip

"""Writes the dashboards and the SLO rules: `python -m scripts.monitoring`."""

from __future__ import annotations

from pathlib import Path

from . import boards, grafana, slo_rules

ROOT = Path(__file__).resolve().parents[2]
DASHBOARDS = ROOT / "deploy" / "grafana" / "dashboards"
SLO_RULES = ROOT / "deploy" / "prometheus" / "rules" / "slo.yml"


def files() -> dict[Path, str]:
    """What the files say, by path."""
    made = {DASHBOARDS / f"{board.uid}.json": grafana.document(board) for board in boards.ALL}
    return made | {SLO_RULES: slo_rules.document()}


if __name__ == "__main__":
    for path, content in files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")

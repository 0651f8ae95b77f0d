"""Pages that are written from the code say what the code says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scripts import metrics_table, settings_table

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(path for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/**/*.md")])


def test_the_settings_page_is_up_to_date() -> None:
    assert settings_table.PAGE.read_text(encoding="utf-8") == settings_table.page(), (
        "run python -m scripts.settings_table"
    )


def test_the_metrics_page_is_up_to_date() -> None:
    assert metrics_table.PAGE.read_text(encoding="utf-8") == metrics_table.page(), "run python -m scripts.metrics_table"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []

"""Pages that are written from the code say what the code says; every page can be reached, and leads somewhere."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from scripts import metrics_table, settings_table

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
DECISIONS = sorted((DOCS / "adr").glob("[0-9]*.md"))
PAGES = sorted(
    {
        *ROOT.glob("*.md"),
        *DOCS.glob("**/*.md"),
        *ROOT.glob("benchmarks/**/*.md"),
        *ROOT.glob("deploy/**/*.md"),
        *ROOT.glob("services/**/README.md"),
    }
)
FENCES = re.compile(r"^ *```.*?^ *```", re.M | re.S)


def text(page: Path) -> str:
    """The prose of a page, without its blocks of code."""
    return FENCES.sub("", page.read_text(encoding="utf-8"))


def links(page: Path) -> list[tuple[str, str]]:
    """(path, anchor) of every link that stays in the repository; a link within the page has an empty path."""
    return re.findall(r"\]\((?!https?:|mailto:)([^)#\s]*)#?([^)\s]*)\)", text(page))


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ +(.+?) *$", text(page), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_settings_page_is_up_to_date() -> None:
    assert settings_table.PAGE.read_text(encoding="utf-8") == settings_table.page(), (
        "run python -m scripts.settings_table"
    )


def test_the_metrics_page_is_up_to_date() -> None:
    assert metrics_table.PAGE.read_text(encoding="utf-8") == metrics_table.page(), "run python -m scripts.metrics_table"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    wrong = [path for path, _ in links(page) if not (page.parent / path).exists()]
    for path, anchor in links(page):
        target = page.parent / path if path else page
        if anchor and target.suffix == ".md" and target.exists() and anchor not in anchors(target):
            wrong.append(f"{path}#{anchor}")
    assert wrong == []


def test_the_index_names_every_page_once() -> None:
    index = DOCS / "README.md"
    there = {path.relative_to(DOCS).as_posix() for path in [*DOCS.glob("*.*"), *DOCS.glob("examples/*.py")]}
    named = [path for path, _ in links(index) if not path.startswith(("..", "adr/"))]
    assert sorted(named) == sorted(there - {"README.md"})


def test_the_readme_leads_to_the_index_and_to_the_walk_through() -> None:
    assert {"docs/README.md", "docs/architecture.md"} <= {path for path, _ in links(ROOT / "README.md")}


def test_decisions_are_listed_in_the_order_of_their_numbers() -> None:
    rows = re.findall(
        r"^\| (\d+) \| \[[^\]]+\]\((\S+\.md)\) \| \S.* \|$", (DOCS / "adr" / "README.md").read_text("utf-8"), re.M
    )
    assert rows == [(str(int(page.name[:4])), page.name) for page in DECISIONS]


def test_no_number_of_a_decision_stands_twice() -> None:
    numbers = [int(page.name[:4]) for page in DECISIONS]
    assert sorted(set(numbers)) == numbers
    titles = [page.read_text(encoding="utf-8").split(".", 1)[0] for page in DECISIONS]
    assert titles == [f"# {number}" for number in numbers]


def test_paths_of_the_walk_through_exist() -> None:
    paths = re.findall(r"`([\w.-]+/[\w./-]*)`", text(DOCS / "architecture.md"))
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_every_route_is_told_of() -> None:
    told = "".join(
        (DOCS / page).read_text(encoding="utf-8") for page in ("rest.md", "webhooks.md", "removebg.md", "costs.md")
    )
    routes = json.loads((DOCS / "openapi.json").read_text(encoding="utf-8"))["paths"]
    assert [route for route in routes if route not in told] == []


def test_the_changelog_says_nothing_twice() -> None:
    unreleased = text(ROOT / "CHANGELOG.md").split("\n## ")[1]
    headings = re.findall(r"^### (\w+)$", unreleased, re.M)
    assert headings == [each for each in ("Added", "Changed", "Removed", "Fixed", "Security") if each in headings]
    entries = [" ".join(entry.split()) for entry in re.findall(r"^- .+(?:\n  .+)*", unreleased, re.M)]
    assert len(entries) == len(set(entries)) > 0

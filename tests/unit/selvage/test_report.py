"""The report page: what stands on it, that it needs nothing from elsewhere, and that names cannot break it."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from selvage.client import Image, Problem
from selvage.process import report
from selvage.process.entry import Entry, Files
from selvage.process.inputs import Source


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def entries(image_json: Callable[..., Any]) -> list[Entry]:
    reason = {
        "code": "TOUCHES_FRAME",
        "detail": "Touches left.",
        "boxes": [{"left": 10, "top": 5, "width": 20, "height": 25}],
    }
    files = Files({"alpha": "TEE/masks/a b.png"}, [{"name": "zoom", "path": "TEE/z.jpg", "width": 9, "height": 8}])
    review = Image.of(image_json(state="IMAGE_STATE_NEEDS_REVIEW", reasons=[reason]))
    return [
        Entry(Source(Path("x"), "a.jpg"), Image.of(image_json()), None, files, "report/a.webp", "report/b.webp"),
        Entry(Source(Path("x"), "b.jpg"), review, None, files, "report/a.webp", "report/b.webp"),
        Entry(Source(Path("x"), "<script>alert(1)</script>.jpg"), error=Problem("EMPTY_FILE", "The file is <empty>.")),
    ]


def test_status_reasons_files_and_places_stand_on_it(image_json: Callable[..., Any]) -> None:
    page = Page(report.render(entries(image_json)))
    cards = [card["data-status"] for card in page.all("li") if "data-status" in card]
    assert cards == ["needs_review", "failed", "approved"], "what needs somebody comes first"
    assert "3 photos:" in page.text
    assert "Touches left." in page.text
    assert "The file is <empty>." in page.text
    assert "TEE/masks/a%20b.png" in [link["href"] for link in page.all("a")]
    (spot,) = [span for span in page.all("span") if span.get("class") == "spot"]
    assert spot["style"] == "left:25.0%;top:10.0%;width:50.0%;height:50.0%"


def test_every_ground_that_can_be_chosen_is_painted(image_json: Callable[..., Any]) -> None:
    text = report.render(entries(image_json))
    grounds = [str(button["data-ground"]) for button in Page(text).all("button") if "data-ground" in button]
    assert grounds == ["white", "black", "checker", "magenta"]
    assert all(f".{ground} .cut {{ background:" in text for ground in grounds)


def test_nothing_comes_from_elsewhere_and_names_stay_text(image_json: Callable[..., Any]) -> None:
    page = Page(report.render(entries(image_json)))
    places = [
        str(value) for _, attributes in page.tags for name, value in attributes.items() if name in ("src", "href")
    ]
    assert places
    assert not [place for place in places if ":" in place or place.startswith("/")]
    assert len(page.all("script")) == 1
    assert not page.all("link")


def test_every_picture_and_slider_has_a_name_for_those_who_do_not_see(image_json: Callable[..., Any]) -> None:
    page = Page(report.render(entries(image_json)))
    assert all(picture["alt"] for picture in page.all("img"))
    assert all(slider["aria-label"] for slider in page.all("input"))


def test_rules_of_presets_stand_with_their_verdicts_and_a_broken_one_is_open(image_json: Callable[..., Any]) -> None:
    rule = {"rule": "long_side", "verdict": "pass", "measured": "2000 px", "limit": ">= 1000 px", "detail": "<b>."}
    broken = rule | {"rule": "fill", "verdict": "fail", "measured": "60%"}
    reports = [
        {"preset": "ebay", "revision": 1, "file": "a.jpg", "verdict": "pass", "rules": [rule]},
        {"preset": "amazon_main", "revision": 1, "file": "<i>.jpg", "verdict": "fail", "rules": [rule, broken]},
    ]
    files = Files({}, [], reports)
    entry = Entry(Source(Path("x"), "a.jpg"), Image.of(image_json()), None, files, "report/a.webp", "report/b.webp")
    page = Page(report.render([entry]))
    assert len(page.all("table")) == 2
    assert [("open" in details) for details in page.all("details")] == [False, True]
    assert "long side" in page.text
    assert "Measured in <i>.jpg" in page.text
    assert [cell["class"] for cell in page.all("td") if "class" in cell] == [
        "verdict pass",
        "verdict pass",
        "verdict fail",
    ]

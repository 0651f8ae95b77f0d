"""READY/report.html: every photo with its cut-out, status, reasons and files; one page without outside resources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2

import selvage

from .entry import APPROVED, FAILED, NEEDS_REVIEW, Entry
from .ready import write_atomically

NAME = "report.html"
WORDS = {APPROVED: "Approved", NEEDS_REVIEW: "Needs review", FAILED: "Failed"}
# What a person should look at comes first.
_ORDER = {NEEDS_REVIEW: 0, FAILED: 1, APPROVED: 2}

_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.PackageLoader("selvage.process"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(entries: Sequence[Entry], *, template: str = "") -> str:
    """The page. template: name of the compose template asked for, empty for the default."""
    counts = Counter(entry.status for entry in entries)
    ordered = sorted(entries, key=lambda entry: (_ORDER[entry.status], entry.confidence))
    return _ENVIRONMENT.get_template("report.html.j2").render(
        cards=[_card(entry) for entry in ordered],
        counts={status: counts[status] for status in WORDS},
        total=len(entries),
        words=WORDS,
        version=selvage.__version__,
        template=template,
    )


def write(out: Path, entries: Sequence[Entry], *, template: str = "") -> Path:
    path = out / NAME
    write_atomically(path, render(entries, template=template).encode())
    return path


def _card(entry: Entry) -> dict[str, Any]:
    sku, image_no = entry.names
    return {
        "source": entry.source.name,
        "sku": sku,
        "image_no": image_no,
        "status": entry.status,
        "confidence": entry.confidence,
        "error": entry.problem if entry.status == FAILED else None,
        "reasons": entry.reasons,
        "before": quote(entry.before),
        "after": quote(entry.after),
        "spots": _spots(entry),
        "seconds": entry.seconds,
        "links": _links(entry),
        "compliance": entry.files.compliance,
    }


def _links(entry: Entry) -> list[dict[str, str]]:
    exports = [
        {
            "name": str(export["name"]),
            "href": quote(str(export["path"])),
            "size": f"{export['width']} x {export['height']}",
        }
        for export in entry.files.exports
    ]
    return exports + [{"name": name, "href": quote(path), "size": ""} for name, path in entry.files.by_name.items()]


def _spots(entry: Entry) -> list[dict[str, float]]:
    """Doubtful places in percent of the photo; the alpha has its size."""
    alpha = next((file for file in entry.image.files if file.name == "alpha"), None) if entry.image else None
    if alpha is None or not (alpha.width and alpha.height):
        return []
    return [
        {
            "left": round(100 * box.left / alpha.width, 2),
            "top": round(100 * box.top / alpha.height, 2),
            "width": round(100 * box.width / alpha.width, 2),
            "height": round(100 * box.height / alpha.height, 2),
        }
        for reason in entry.reasons
        for box in reason.boxes
    ]

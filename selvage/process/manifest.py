"""READY/manifest.json for scripts; selvage/manifest.schema.json describes it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from .entry import Entry
from .ready import write_atomically

NAME = "manifest.json"
VERSION = 1


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the manifest."""
    text = (resources.files("selvage") / "manifest.schema.json").read_text(encoding="utf-8")
    body: dict[str, Any] = json.loads(text)
    return body


def build(entries: Sequence[Entry]) -> dict[str, Any]:
    return {"version": VERSION, "images": [_image(entry) for entry in entries]}


def write(out: Path, manifest: dict[str, Any]) -> Path:
    """Replaces the manifest as a whole, then takes away files of an earlier run that these photos no longer have."""
    path = out / NAME
    before = read(out)
    write_atomically(path, (json.dumps(manifest, indent=2, ensure_ascii=False) + "\n").encode())
    _remove_outdated(out, before, manifest)
    return path


def read(out: Path) -> dict[str, Any] | None:
    """The manifest of an earlier run; None when there is none or it is not ours."""
    try:
        body = json.loads((out / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return body if isinstance(body, dict) and body.get("version") == VERSION else None


def _image(entry: Entry) -> dict[str, Any]:
    sku, image_no = entry.names
    body: dict[str, Any] = {"source": entry.source.name, "sku": sku, "image_no": image_no, "status": entry.status}
    if entry.problem and entry.status == "failed":
        body["error"] = {"reason": entry.problem.reason, "message": entry.problem.message}
    return body | {
        "confidence": round(entry.confidence, 4),
        "reasons": [{"code": reason.code, "detail": reason.detail} for reason in entry.reasons],
        "files": {**entry.files.by_name, "exports": entry.files.exports},
        "seconds": entry.seconds,
    }


def _paths(manifest: dict[str, Any]) -> dict[str, set[str]]:
    """Files by photo."""
    found: dict[str, set[str]] = {}
    for image in manifest["images"]:
        files = image["files"]
        paths = {str(value) for name, value in files.items() if name != "exports"}
        found[image["source"]] = paths | {str(export["path"]) for export in files["exports"]}
    return found


def _remove_outdated(out: Path, before: dict[str, Any] | None, now: dict[str, Any]) -> None:
    """Names carry the status: an image approved since leaves its needs-review files behind.

    Only files the earlier manifest lists for a photo of this run are removed; photos of other runs keep theirs.
    """
    if before is None:
        return
    current = _paths(now)
    kept = set().union(*current.values()) if current else set()
    root = out.resolve()
    for source, paths in _paths(before).items():
        if source not in current:
            continue
        for path in paths - kept:
            target = (out / path).resolve()
            if target.is_relative_to(root):
                target.unlink(missing_ok=True)

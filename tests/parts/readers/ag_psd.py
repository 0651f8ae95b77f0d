"""ag-psd (JavaScript), as web editors use it. It skips ICC profiles."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np

from tests.parts.readers.model import Reading, Seen, Smart, levels
from tests.parts.require import CACHE, absent

VERSION = "31.0.2"  # the one scripts/real_parts/ag_psd.sh installs
MODULE = CACHE / f"ag-psd-{VERSION}" / "node_modules" / "ag-psd"
SCRIPT = Path(__file__).with_name("ag_psd.cjs")


def read(path: Path, folder: Path) -> Reading:
    node = shutil.which("node")
    if node is None or not MODULE.is_dir():
        absent("ag-psd", "install node and npm, then run scripts/real_parts/ag_psd.sh")
    done = subprocess.run([node, SCRIPT, MODULE, path], check=True, capture_output=True, timeout=60)
    found = json.loads(done.stdout)
    linked = found["linked"][0]
    inner = linked["document"]
    assert found["xmp"]
    assert found["thumbnail"] == {"width": 160, "height": 160}
    return Reading(
        found["width"],
        found["height"],
        found["bits"],
        _layers(found["layers"]),
        merged=_pixels(found["merged"])[..., :3],
        smart=Smart(linked["name"], inner["width"], inner["height"], _layers(inner["layers"])),
    )


def _layers(entries: list[dict[str, Any]]) -> tuple[Seen, ...]:
    out = []
    for entry in entries:
        if entry["children"] is not None:
            out.append(Seen(entry["name"], entry["blendMode"], children=_layers(entry["children"])))
            continue
        mask = _pixels(entry["mask"]["pixels"])[..., 0] if entry["mask"] else None
        place = entry["left"], entry["top"]
        pixels = _pixels(entry["pixels"])
        out.append(Seen(entry["name"], entry["blendMode"], *place, pixels, mask, bool(entry["clipping"])))
    return tuple(out)


def _pixels(entry: dict[str, Any]) -> np.ndarray:
    data = np.frombuffer(base64.b64decode(entry["base64"]), np.uint16 if entry["bits"] == 16 else np.uint8)
    return levels(data.reshape(entry["height"], entry["width"], 4))

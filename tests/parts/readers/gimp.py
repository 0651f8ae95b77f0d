"""GIMP 2.10 (Debian), without a display: smart objects are pixels to it, and it blends the layers anew."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import cv2
import numpy as np

from tests.parts.readers.model import Reading, Refused, Seen, levels
from tests.parts.require import absent

SCRIPT = Path(__file__).with_name("gimp.scm")
_BLEND = {"28": "normal", "30": "multiply", "61": "pass through"}  # GimpLayerMode
_BITS = {"150": 8, "250": 16}  # GimpPrecision: integers, perceptual


def read(path: Path, folder: Path) -> Reading:
    gimp = shutil.which("gimp-console-2.10")
    if gimp is None:
        absent("gimp", "apt-get install --no-install-recommends gimp")
    # Each batch command is evaluated on its own, so the script travels with the call.
    source = "\n".join(line for line in SCRIPT.read_text().splitlines() if not line.startswith(";"))
    command = f'(begin {source} (selvage-open "{path}" "{folder}"))'
    home = folder / "home"
    home.mkdir()
    done = subprocess.run(
        [gimp, "--no-interface", "--no-data", "--no-fonts", "--batch", command, "--batch", "(gimp-quit 1)"],
        check=False,
        capture_output=True,
        timeout=120,
        env={**os.environ, "HOME": str(home)},
    )
    if not (folder / "merged.png").exists():
        said = done.stderr.decode() + done.stdout.decode()
        refused = re.search("Error loading PSD file: .*", said)
        assert refused, said
        raise Refused(refused[0])
    table = (folder / "layers.txt").read_text().splitlines()
    (width, height, profile), *lines = (line.split("\t")[:-1] for line in table)
    assert int(profile) > 128  # the header of an ICC profile alone has that many bytes
    return Reading(
        int(width),
        int(height),
        _BITS[lines[0][7]],
        _nested(lines, folder),
        composed=_png(folder / "merged.png")[..., :3],
        profile="embedded",
    )


def _nested(lines: list[list[str]], folder: Path) -> tuple[Seen, ...]:
    """Lines come top first, a group before its layers."""
    out: list[Seen] = []
    for number, (depth, name, mode, left, top, *_) in enumerate(lines):
        if depth != lines[0][0]:
            continue
        blend = _BLEND[mode]
        if blend == "pass through":
            end = next((n for n in range(number + 1, len(lines)) if lines[n][0] == depth), len(lines))
            out.append(Seen(name, blend, children=_nested(lines[number + 1 : end], folder)))
        else:
            out.append(Seen(name, blend, int(left), int(top), _png(folder / f"{name}.png")))
    return tuple(reversed(out))


def _png(path: Path) -> np.ndarray:
    picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert picture is not None
    return levels(picture[..., [2, 1, 0, 3]])

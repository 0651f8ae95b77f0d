"""ImageMagick (Debian): merged image and layers with pixels; it knows neither groups nor smart objects."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import cv2
import numpy as np

from tests.parts.readers.model import Reading, Seen, levels
from tests.parts.require import absent

_BLEND = {"over": "normal"}


def read(path: Path, folder: Path) -> Reading:
    # Version 7 and Debian's version 6; a bare `convert` can be anything.
    magick, six = shutil.which("magick"), shutil.which("convert-im6.q16")
    if not (magick or six):
        absent("imagemagick", "apt-get install imagemagick")
    convert = [magick] if magick else [six]
    identify = [magick, "identify"] if magick else [shutil.which("identify-im6.q16")]
    wanted = "%l\t%[compose]\t%X\t%Y\t%z\t%[profile:icc]\n"
    lines = _run([*identify, "-quiet", "-format", wanted, str(path)]).splitlines()
    # +repage: each layer as a picture of its own size; where it lies is in `lines`.
    _run([*convert, str(path), "+repage", "-define", "png:color-type=6", str(folder / "layer-%d.png")])
    pictures = [_png(folder / f"layer-{number}.png") for number in range(len(lines))]
    layers = []
    for line, picture in list(zip(lines, pictures, strict=True))[1:]:
        name, compose, left, top, *_ = line.split("\t")
        blend = _BLEND.get(compose.lower(), compose.lower())
        layers.append(Seen(name, blend, int(left), int(top), picture))
    height, width = pictures[0].shape[:2]
    bits, profile = lines[0].split("\t")[4:6]
    return Reading(width, height, int(bits), tuple(layers), merged=pictures[0][..., :3], profile=profile)


def _run(command: list[str | None]) -> str:
    done = subprocess.run([part or "" for part in command], check=True, capture_output=True, timeout=60)
    return done.stdout.decode()


def _png(path: Path) -> np.ndarray:
    picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert picture is not None
    return levels(picture[..., [2, 1, 0, 3]])

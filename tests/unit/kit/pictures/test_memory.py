"""Large photos: what decoding holds at its peak, measured in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.parts import photos, raws

ROOT = Path(__file__).resolve().parents[4]
# VmHWM, the peak of this address space: ru_maxrss would start at the peak of the process that started the child.
CHILD = """
import re, sys
from pathlib import Path
from services.kit.pictures import decode
peak = lambda: int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
data = Path(sys.argv[1]).read_bytes()
decode(Path(sys.argv[2]).read_bytes())
before = peak()
picture = decode(data)
print(peak() - before, picture.rgb.nbytes)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux")
@pytest.mark.parametrize("kind", ["turned Adobe RGB jpeg", "16-bit tiff"])
def test_twenty_four_megapixels_take_less_than_two_and_a_half_copies(kind: str, tmp_path: Path) -> None:
    big, warm = tmp_path / "big", tmp_path / "warm"
    pixels = np.tile(photos.gradient(200, 300), (20, 20, 1))
    if kind == "16-bit tiff":
        big.write_bytes(photos.tiff(pixels.astype(np.uint16) * 257, compression="lzw"))
    else:
        made = photos.tagged(pixels, 6)
        big.write_bytes(photos.with_profile(made, photos.ADOBE_RGB).jpegsave_buffer(Q=80))
    warm.write_bytes(photos.jpeg(photos.gradient(64, 64), photos.ADOBE_RGB))
    run = subprocess.run(
        [sys.executable, "-c", CHILD, str(big), str(warm)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    grown, copy = map(int, run.stdout.split())
    assert copy == 72_000_000
    assert copy <= grown * 1024 < 2.5 * copy


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux")
@pytest.mark.parametrize(("kind", "width", "height", "copies"), [("jpeg", 8660, 5774, 1.4), ("dng", 6000, 4000, 6.5)])
def test_fifty_megapixels_and_camera_raw_stay_bounded(
    kind: str, width: int, height: int, copies: float, tmp_path: Path
) -> None:
    """LibRaw holds four 16-bit samples a pixel beside the mosaic and the developed picture."""
    big, warm = tmp_path / f"big.{kind}", tmp_path / "warm.jpg"
    pixels = photos.gradient(height, width)
    big.write_bytes(photos.jpeg(pixels, Q=85) if kind == "jpeg" else raws.dng(pixels / np.float32(255)))
    warm.write_bytes(photos.jpeg(photos.gradient(64, 64)))
    run = subprocess.run(
        [sys.executable, "-c", CHILD, str(big), str(warm)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    kib, size = map(int, run.stdout.split())
    assert kib * 1024 / size < copies

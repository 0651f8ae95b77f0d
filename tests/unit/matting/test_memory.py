"""Peak memory of the pipeline on a 24 megapixel photo that the product fills, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

SCRIPT = """
import json, resource, sys
import numpy as np, cv2
from services.matting.pipeline import matte

def peak():
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024

def now():
    return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize() / 2**20

cv2.setNumThreads(1)
def photo(height, width):
    small = np.random.default_rng(0).integers(60, 200, (height // 40, width // 40, 3), np.uint8)
    rgb = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    y, x = np.mgrid[:683, :1024]
    away = np.maximum(np.abs(y - 341) / 341, np.abs(x - 512) / 512) + 0.01 * np.sin(x / 9) * np.cos(y / 7)
    alpha = cv2.GaussianBlur((away < 0.96).astype(np.float32), (0, 0), 2)
    rgb[cv2.resize(alpha, (width, height)) < 0.5] = 240
    return rgb, alpha, np.where((alpha > 0.02) & (alpha < 0.98), 0.5, 0.99).astype(np.float32)
matte(*photo(800, 1200))
arguments = photo(4000, 6000)
before = now()
result = matte(*arguments)
print(json.dumps({"mib": peak() - before, "unknown": result.numbers.unknown_share}))
"""


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_24_megapixels_take_less_than_400_mib_beyond_the_photo() -> None:
    """Results alone are 220 MiB: alpha 92, colours 69, trimap, confidence 23 each."""
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["unknown"] > 0.02
    assert found["mib"] < 400

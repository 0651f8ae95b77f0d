"""The review page's preview of a 24 MP cut-out: milliseconds of the pure part, by template.

    python -m benchmarks.compose.preview

"ready" is the cut-out's file read and reduced, which comes before; the rest starts from the reduced arrays.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.compose import inputs
from services.compose.catalogue import Catalogue
from services.compose.preview import REDUCED, preview
from services.kit.pictures import decode
from services.kit.pictures.encode import png_rgba

RUNS = 7


def median(work: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds and CPU milliseconds, after one run that compiles."""
    work()
    times = []
    for _ in range(RUNS):
        start, cpu = time.perf_counter(), time.process_time()
        work()
        times.append((time.perf_counter() - start, time.process_time() - cpu))
    wall, spent = zip(*times, strict=True)
    return statistics.median(wall) * 1e3, statistics.median(spent) * 1e3


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="selvage-bench-") as folder:
        inputs.make(Path(folder))
        _, foreground, alpha = inputs.load(Path(folder))
    file = png_rgba(np.dstack([foreground, np.rint(alpha * 255).astype(np.uint8)]))
    start = time.perf_counter()
    picture = decode(file, long_side=REDUCED)
    print(f"{'ready':22}{(time.perf_counter() - start) * 1e3:>7.0f} ms")
    assert picture.alpha is not None
    cover, scale = picture.alpha / np.float32(255), REDUCED / inputs.WIDTH
    for template in Catalogue().all():
        wall, cpu = median(lambda t=template: preview(picture.rgb, cover, None, t, "A", scale))  # type: ignore[misc]
        print(f"{template.name:22}{wall:>7.0f} ms{cpu:>7.0f} CPU ms")


if __name__ == "__main__":
    main()

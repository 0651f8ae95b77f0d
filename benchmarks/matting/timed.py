"""One case measured in a process of its own: CPU seconds with one thread, and memory at its highest.

Started by benchmarks.matting.timing. Everything is compiled beforehand on a small scene. Memory is VmHWM minus the
resident set before the call; the inputs are in that, the outputs are counted apart. Linux only.
"""

from __future__ import annotations

import functools
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.matting.chain import degraded
from services.kit.boxes import Box
from services.kit.paper import Plate, estimate
from services.matting import foreground, window
from services.matting.arrays import LINEAR
from services.matting.field import solve
from services.matting.pipeline import matte
from services.matting.strokes import Stroke
from tests.parts import composites

PEER = "pymatting"
WITH_PLATE = "whole pipeline, plate and shadow"
CASES = ("field", "field+foreground", "whole pipeline", WITH_PLATE, "window", PEER)
GRID = 1024
_SIDE = 512


@dataclass(frozen=True)
class Input:
    """rgb uint8 (H, W, 3), truth float32 (H, W), coarse alpha and confidence float32 (h, w), trimap uint8 (H, W)."""

    rgb: NDArray[np.uint8]
    truth: NDArray[np.float32]
    coarse: NDArray[np.float32]
    sure: NDArray[np.float32]
    trimap: NDArray[np.uint8]

    def save(self, path: Path) -> None:
        np.savez(path, **vars(self))

    @staticmethod
    def load(path: Path) -> Input:
        with np.load(path) as stored:
            return Input(**{name: stored[name] for name in stored})

    def repeated(self, down: int, across: int) -> Input:
        """The scene mirrored side by side, for frames that would take long to composite."""
        return Input(*(_mirrored(array, down, across) for array in vars(self).values()))


def _mirrored(array: NDArray[Any], down: int, across: int) -> NDArray[Any]:
    line = np.concatenate([array[:, :: (-1) ** n] for n in range(across)], 1)
    return np.ascontiguousarray(np.concatenate([line[:: (-1) ** n] for n in range(down)], 0))


def scene(megapixels: float) -> Input:
    """A product of the held-out half over white paper, 2:3, linear light; 5 % of the frame unknown."""
    height = round((megapixels * 1e6 / 1.5) ** 0.5)
    _, cutout = composites.load_cutouts("val")[0]
    photo = composites.composite(cutout, np.random.default_rng(0), size=(height, round(1.5 * height)), fill=0.85)
    coarse, confidence = degraded(photo.alpha, np.random.default_rng(1), GRID)
    return Input(photo.rgb, photo.alpha, coarse, confidence, banded(photo.alpha, 0.05))


def banded(alpha: NDArray[np.float32], share: float) -> NDArray[np.uint8]:
    """The trimap whose unknown band is this share of the frame: what lies nearest to the mixed pixels."""
    mixed = ((alpha > 0.01) & (alpha < 0.99)).astype(np.uint8)
    away = cv2.distanceTransform(1 - mixed, cv2.DIST_L2, 3)
    reach = np.quantile(away[::4, ::4], share)
    return np.where(away <= reach, 128, np.where(alpha > 0.5, 255, 0)).astype(np.uint8)


def _peak() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def _resident() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20


def prepared(case: str, given: Input) -> Callable[[], tuple[NDArray[Any], ...]]:
    """What is timed, and gives its outputs, the alpha first."""
    if case == "window":
        return _window(given)
    if case in ("whole pipeline", WITH_PLATE):
        return functools.partial(_whole, given, estimate(given.rgb) if case == WITH_PLATE else None)
    if case in ("field", "field+foreground"):
        return functools.partial(_field, given, case.endswith("foreground"))
    raise ValueError(case)


def _whole(given: Input, plate: Plate | None) -> tuple[NDArray[Any], ...]:
    made = matte(given.rgb, given.coarse, given.sure, plate)
    return made.alpha, made.foreground, made.confidence, made.trimap


def _field(given: Input, colours: bool) -> tuple[NDArray[Any], ...]:
    alpha, band = solve(given.rgb, given.trimap, given.coarse, given.sure)
    return (alpha, foreground.recover(given.rgb, given.trimap, alpha, band)) if colours else (alpha,)


def peer(small: Input, given: Input) -> dict[str, dict[str, float]]:
    """PyMatting's closed-form alpha, and the same with its multi-level foreground after it; once, for it takes long."""
    import pymatting

    found: dict[str, dict[str, float]] = {}
    for there in (small, given):
        linear = LINEAR[there.rgb].astype(np.float64)
        known = np.where(there.trimap == 128, 0.5, there.trimap / 255.0)
        before = _resident()
        Path("/proc/self/clear_refs").write_text("5")
        start = time.process_time()
        alpha = pymatting.estimate_alpha_cf(linear, known)
        first = time.process_time() - start
        found["pymatting cf"] = _row([first], before, (alpha,), there)
        colours = pymatting.estimate_foreground_ml(linear, alpha)
        both = time.process_time() - start
        found["pymatting cf+ml"] = _row([both], before, (alpha, colours), there)
    return found


def _window(given: Input) -> Callable[[], tuple[NDArray[Any], ...]]:
    """A stroke on the outline in the middle of the photo; the layers of the whole are there already."""
    height, width = given.trimap.shape
    whole = matte(given.rgb, given.coarse, given.sure)
    before = window.Layers(whole.alpha, whole.confidence, whole.trimap, whole.foreground)
    rows, columns = np.nonzero(given.trimap == 128)
    nearest = int(np.argmin(np.hypot(rows - height / 2, columns - width / 2)))
    y, x = int(rows[nearest]), int(columns[nearest])
    side = min(_SIDE, height, width)
    box = Box(min(max(0, x - side // 2), width - side), min(max(0, y - side // 2), height - side), side, side)
    stroke = Stroke("unknown", ((x - 40.0, float(y)), (x + 40.0, float(y))), 12.0)

    def again() -> tuple[NDArray[Any], ...]:
        patch = window.resolve(given.rgb, before, given.coarse, given.sure, [stroke], box=box)
        return patch.layers.alpha, patch.layers.foreground

    return again


def measure(case: str, small: Input, given: Input, repeats: int) -> dict[str, float]:
    prepared(case, small)()
    run = prepared(case, given)
    before, seconds = _resident(), []
    Path("/proc/self/clear_refs").write_text("5")
    outputs: tuple[NDArray[Any], ...] = ()
    for _ in range(repeats):
        outputs = ()
        start = time.process_time()
        outputs = run()
        seconds.append(time.process_time() - start)
    return _row(seconds, before, outputs, given)


def _row(seconds: Sequence[float], before: float, outputs: tuple[NDArray[Any], ...], given: Input) -> dict[str, float]:
    """before: MiB resident before the first of the calls. The error is that of alpha on unknown pixels."""
    taken = _peak() - before
    row = {
        "best": min(seconds),
        "worst": max(seconds),
        "mib": taken,
        "working": taken - sum(array.nbytes for array in outputs) / 2**20,
        "unknown": float((given.trimap == 128).mean()),
    }
    if outputs[0].shape == given.truth.shape:
        wrong = (outputs[0] - given.truth)[given.trimap == 128]
        row |= {"sad": float(np.abs(wrong).sum()) / 1000, "mse": float((wrong**2).mean())}
    return row


def sweep(small: Input, inputs: Sequence[Input], shares: Sequence[float], repeats: int) -> list[dict[str, float]]:
    """Seconds of alpha alone over sizes and bands."""
    rows = []
    for share in shares:
        for given in inputs:
            there = Input(given.rgb, given.truth, given.coarse, given.sure, banded(given.truth, share))
            found = measure("field", small, there, repeats)
            rows.append({"pixels": there.trimap.size, "unknown": found["unknown"], "seconds": found["best"]})
    return rows


def child(case: str, small: Path, given: Sequence[Path], repeats: int, shares: Sequence[float] = ()) -> Any:
    """The answer of a fresh process with one thread."""
    said = json.dumps([case, str(small), [str(path) for path in given], repeats, list(shares)])
    single = dict.fromkeys(("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    command = [sys.executable, "-m", "benchmarks.matting.timed", said]
    done = subprocess.run(command, env=os.environ | single, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    cv2.setNumThreads(1)
    case, small, given, repeats, shares = json.loads(sys.argv[1])
    inputs = [Input.load(Path(path)) for path in given]
    compiled = Input.load(Path(small))
    found: Any
    if case == PEER:
        found = peer(compiled, inputs[0])
    elif shares:
        found = sweep(compiled, inputs, shares, repeats)
    else:
        found = measure(case, compiled, inputs[0], repeats)
    print(json.dumps(found))


if __name__ == "__main__":
    main()

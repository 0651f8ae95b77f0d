"""Photos a second of the default solver on torch at several batch sizes, and its distance from the compiled one.

    python -m benchmarks.matting.gpu [--device cuda] [--megapixels 12] [--batches 1 4 8] [--threads 1]

Runs on a GPU or, with `--device cpu`, on the CPU; the first line says what it ran on. A device that is not there is an
error. One photo of ../shared/data (see timed.scene; without the photos a made one, and the first line says so), linear
light, 5 % unknown, from the host's memory and back. The compiled solver of one CPU thread is a row of its own.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from benchmarks.segment.gpu import device as described
from services.matting.arrays import encode
from services.matting.device import solve_many
from services.matting.device.solver import Photo
from services.matting.field import solve


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--megapixels", type=float, default=12)
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 4, 8])
    parser.add_argument("--seconds", type=float, default=5.0, help="measured for each row, after a warm-up")
    parser.add_argument("--threads", type=int, default=1, help="of torch on the CPU")
    parser.add_argument("--made", action="store_true", help="a made photo instead of a real product")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    import torch

    torch.set_num_threads(options.threads)
    given = made(options.megapixels) if options.made else real(options.megapixels)
    said = {"device": described("CUDAExecutionProvider" if options.device.startswith("cuda") else ""),
            "torch": torch.__version__, "megapixels": options.megapixels, "photo": "made" if options.made else "real",
            "unknown": round(float((given.trimap == 128).mean()), 4), "light": "linear",
            "load": round(os.getloadavg()[0], 1)}  # fmt: skip
    print(json.dumps(said), flush=True)
    reference, _ = solve(given.rgb, given.trimap, given.prior, given.belief)
    rows = [
        _row(
            "compiled, one CPU thread",
            1,
            rate(functools.partial(solve, given.rgb, given.trimap, given.prior, given.belief), 1, options.seconds),
            0.0,
        )
    ]
    for batch in options.batches:
        photos = [given] * batch
        alpha = solve_many(photos, device=options.device)[-1][0]
        apart = float(np.abs(alpha - reference)[given.trimap == 128].mean())
        found = rate(functools.partial(solve_many, photos, device=options.device), batch, options.seconds)
        rows.append(_row(f"torch on {options.device}", batch, found, apart))
    if options.out:
        options.out.write_text(json.dumps(said | {"rows": rows}, indent=1) + "\n", encoding="utf-8")


def real(megapixels: float) -> Photo:
    from benchmarks.matting.timed import scene

    found = scene(megapixels)
    return Photo(found.rgb, found.trimap, found.coarse, found.sure)


def made(megapixels: float) -> Photo:
    """A soft-edged disc of restless colour before sloping paper, where the real photos are not at hand."""
    height = round((megapixels * 1e6 / 1.5) ** 0.5)
    width = round(1.5 * height)
    rng = np.random.default_rng(0)
    y, x = np.mgrid[-1 : 1 : height * 1j, -1.5 : 1.5 : width * 1j].astype(np.float32)
    ragged = 0.6 + 0.04 * np.sin(40 * np.arctan2(y, x))
    away = np.hypot(y, x) - ragged
    alpha = np.clip(0.5 - away * height / 24, 0, 1).astype(np.float32)
    cloth = cv2.resize(rng.uniform(0.1, 0.5, (24, 36, 3)).astype(np.float32), (width, height))
    paper = (0.8 - 0.1 * y)[..., None] * np.array([1, 1, 0.97], np.float32)
    mixed = alpha[..., None] * cloth + (1 - alpha[..., None]) * paper
    rgb = np.clip(np.rint(encode(mixed) * 255 + rng.normal(0, 1, mixed.shape)), 0, 255).astype(np.uint8)
    near = np.quantile(np.abs(away)[::4, ::4], 0.05)
    trimap = np.where(np.abs(away) <= near, 128, np.where(alpha > 0.5, 255, 0)).astype(np.uint8)
    coarse = cv2.GaussianBlur(cv2.resize(alpha, (1024, 683), interpolation=cv2.INTER_AREA), (0, 0), 1)
    return Photo(rgb, trimap, coarse, np.full(coarse.shape, 0.8, np.float32))


def rate(run: Callable[[], object], photos: int, seconds: float) -> float:
    """Photos a second, after two runs that do not count. Results come back to the host, so the GPU is done by then."""
    run()
    run()
    started, count = time.perf_counter(), 0
    while (passed := time.perf_counter() - started) < seconds or count == 0:
        run()
        count += photos
    return count / max(passed, time.perf_counter() - started)


def _row(by: str, batch: int, found: float, apart: float) -> dict[str, float | str]:
    row: dict[str, float | str] = {"by": by, "batch": batch, "photos_a_second": round(found, 2),
                                   "ms_a_photo": round(1000 / found, 1),
                                   "mean_difference": round(apart, 5)}  # fmt: skip
    print(json.dumps(row), flush=True)
    return row


if __name__ == "__main__":
    main()

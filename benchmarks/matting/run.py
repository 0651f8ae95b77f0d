"""Matting against PyMatting in the same run: seconds, peak memory and error on a studio composite.

    python -m benchmarks.matting.run [--megapixels 12] [--repeats 3] [--skip-peer]

One product of ../shared/data over white paper, in linear light, 2:3; unknown band about 5 % of the frame. Each case
runs in a process of its own with one thread, compiled beforehand. Memory is VmHWM minus the resident set before the
call, inputs excluded, outputs included. Ours is the one default mode that the service runs. PyMatting gets the same
trimap, and linear light, its better domain. Linux only.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.matting.chain import degraded
from services.matting import foreground, trimap
from services.matting.arrays import LINEAR
from services.matting.field import solve
from services.matting.pipeline import matte
from tests.parts import composites

CASES = ("field", "field+foreground", "whole pipeline", "pymatting cf", "pymatting cf+ml")
GRID = 1024


def scene(megapixels: float) -> tuple[NDArray[Any], ...]:
    """rgb, truth, coarse alpha, its confidence, and a trimap with about 5 % unknown."""
    height = round((megapixels * 1e6 / 1.5) ** 0.5)
    _, cutout = composites.load_cutouts("val")[0]
    photo = composites.composite(cutout, np.random.default_rng(0), size=(height, round(1.5 * height)), fill=0.85)
    coarse, confidence = degraded(photo.alpha, np.random.default_rng(1), GRID)
    low, high = 0.0, 0.1
    options = trimap.TrimapOptions()
    for _ in range(8):
        reach = (low + high) / 2 * GRID
        options = trimap.TrimapOptions(reach=max(1.5, reach), margin=1.0)
        values = trimap.build(coarse, np.ones_like(coarse), photo.alpha.shape, options).values
        if (values == 128).mean() < 0.05:
            low = reach / GRID
        else:
            high = reach / GRID
    return photo.rgb, photo.alpha, coarse, confidence, values


def _peak() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def _resident() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20


def work(case: str, rgb: Any, coarse: Any, sure: Any, values: Any) -> NDArray[np.float32]:
    if case == "whole pipeline":
        return matte(rgb, coarse, sure).alpha
    if case.startswith("field"):
        alpha, band = solve(rgb, values, coarse, sure)
        if case.endswith("foreground"):
            foreground.recover(rgb, values, alpha, band)
        return alpha
    import pymatting

    linear = LINEAR[rgb].astype(np.float64)
    alpha = pymatting.estimate_alpha_cf(linear, np.where(values == 128, 0.5, values / 255.0))
    if case.endswith("ml"):
        pymatting.estimate_foreground_ml(linear, alpha)
    return np.asarray(alpha, np.float32)


def one(case: str, stored: Path, repeats: int) -> dict[str, float]:
    """Runs in the child process. stored: two scenes, a small one to compile on."""
    cv2.setNumThreads(1)
    with np.load(stored) as arrays:
        small, large = ([arrays[f"{size}{n}"] for n in range(5)] for size in ("small", "large"))
    work(case, small[0], *small[2:])
    rgb, truth, coarse, sure, values = large
    before, seconds = _resident(), []
    Path("/proc/self/clear_refs").write_text("5")
    alpha = truth
    for _ in range(repeats if case.startswith(("field", "whole")) else 1):
        start = time.process_time()
        alpha = work(case, rgb, coarse, sure, values)
        seconds.append(time.process_time() - start)
    band = values == 128
    return {
        "best": min(seconds),
        "worst": max(seconds),
        "mib": _peak() - before,
        "sad": float(np.abs(alpha - truth)[band].sum()) / 1000,
        "mse": float(((alpha - truth)[band] ** 2).mean()),
        "unknown": float(band.mean()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--megapixels", type=float, default=12)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--skip-peer", action="store_true")
    parser.add_argument("--case", choices=CASES, help=argparse.SUPPRESS)
    parser.add_argument("--stored", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.case:
        print(json.dumps(one(options.case, options.stored, options.repeats)))
        return
    single = dict.fromkeys(("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    found = {}
    with tempfile.TemporaryDirectory(prefix="selvage-matting-") as folder:
        stored = Path(folder) / "scenes.npz"
        scenes = {"small": scene(0.25), "large": scene(options.megapixels)}
        named: Any = {f"{size}{n}": array for size, arrays in scenes.items() for n, array in enumerate(arrays)}
        np.savez(stored, **named)
        for case in CASES:
            if options.skip_peer and case.startswith("pymatting"):
                continue
            command = [sys.executable, "-m", "benchmarks.matting.run", "--case", case]
            command += ["--stored", str(stored), "--repeats", str(options.repeats)]
            done = subprocess.run(command, env=os.environ | single, check=True, stdout=subprocess.PIPE, text=True)
            found[case] = json.loads(done.stdout.splitlines()[-1])
    share = found["field"]["unknown"]
    load = os.getloadavg()[0]
    print(f"{options.megapixels:g} MP, {share:.1%} unknown, linear light, one thread; load of the machine {load:.1f}")
    print("| case | CPU seconds, best to worst | MiB beyond inputs | SAD | MSE | ratio to its peer, from best |")
    print("|---|---|---|---|---|---|")
    peers = {"field": "pymatting cf", "field+foreground": "pymatting cf+ml"}
    for case, row in found.items():
        peer = found.get(peers.get(case, ""))
        ratio = f"{peer['best'] / row['best']:.0f}x" if peer else ""
        span = f"{row['best']:.3f} to {row['worst']:.3f}"
        print(f"| {case} | {span} | {row['mib']:.0f} | {row['sad']:.2f} | {row['mse']:.5f} | {ratio} |")


if __name__ == "__main__":
    main()

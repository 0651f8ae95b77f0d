"""Seconds and memory: against PyMatting at 12 MP, at four times that, the cost law over bands and sizes, one window.

    python -m benchmarks.matting.timing [--megapixels 12] [--repeats 5] [--skip-peer] [--scenes FOLDER]

Ours is the one default mode that the service runs; PyMatting gets the same trimap. Linear light on both sides. Every
case is a fresh process with one thread (see timed). The seconds mean something on a quiet machine only: each table
tells the load of the machine. Larger frames are mirrored repetitions of the first. `--scenes` keeps the composites,
which take minutes to make, and takes those that are there; they are the same every time.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.matting.timed import PEER, WITH_PLATE, Input, child, scene

SPEED = ("field", "field+foreground", "whole pipeline", WITH_PLATE)
PEERS = {"field": "pymatting cf", "field+foreground": "pymatting cf+ml"}
SHARES = (0.01, 0.025, 0.05, 0.1)
_HEAD = "| case | CPU seconds, best to worst | against its peer | MiB beyond inputs | and outputs | SAD | MSE |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--megapixels", type=float, default=12)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--skip-peer", action="store_true")
    parser.add_argument("--scenes", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="selvage-matting-") as folder:
        paths = made(options.scenes or Path(folder), options.megapixels)
        speed(paths, options.repeats, options.skip_peer)
        large(paths, options.repeats)
        law(paths, options.repeats)
        window(paths, options.repeats)


def made(folder: Path, megapixels: float) -> dict[str, Path]:
    """The scenes as files: small, to compile on; base; and twice and four times that."""
    folder.mkdir(parents=True, exist_ok=True)
    names = {"small": "0.5", "base": f"{megapixels:g}", "double": f"{megapixels:g}x2", "large": f"{megapixels:g}x4"}
    paths = {name: folder / f"{told}.npz" for name, told in names.items()}
    for name, of in (("small", 0.5), ("base", megapixels)):
        if not paths[name].exists():
            scene(of).save(paths[name])
    for name, grid in (("double", (1, 2)), ("large", (2, 2))):
        if not paths[name].exists():
            Input.load(paths["base"]).repeated(*grid).save(paths[name])
    return paths


def speed(paths: dict[str, Path], repeats: int, skip_peer: bool) -> None:
    found = {case: child(case, paths["small"], [paths["base"]], repeats) for case in SPEED}
    if not skip_peer:
        found |= child(PEER, paths["small"], [paths["base"]], 1)
    _heading(paths["base"])
    print(_HEAD)
    print("|---" * 7 + "|")
    for case, row in found.items():
        _row(case, row, found.get(PEERS.get(case, "")))


def large(paths: dict[str, Path], repeats: int) -> None:
    found = child("field+foreground", paths["small"], [paths["large"]], repeats)
    _heading(paths["large"])
    print(_HEAD)
    print("|---" * 7 + "|")
    _row("field+foreground", found, None)


def law(paths: dict[str, Path], repeats: int) -> None:
    """Least squares of seconds = a * pixels + b * unknown pixels."""
    rows = child("field", paths["small"], [paths["base"], paths["double"]], repeats, SHARES)
    counts = np.array([[row["pixels"], row["unknown"] * row["pixels"]] for row in rows])
    seconds = np.array([row["seconds"] for row in rows])
    (a, b), *_ = np.linalg.lstsq(counts, seconds, rcond=None)
    rest = seconds - counts @ (a, b)
    r2 = 1 - float(rest @ rest) / float(((seconds - seconds.mean()) ** 2).sum())
    print(f"\nCost law of alpha, linear light, one thread; load {os.getloadavg()[0]:.0f}")
    print("| MP | unknown | CPU ms | by the law |")
    print("|---|---|---|---|")
    for row, (pixels, unknown) in zip(rows, counts, strict=True):
        told = 1000 * (a * pixels + b * unknown)
        print(f"| {pixels / 1e6:.1f} | {row['unknown']:.1%} | {1000 * row['seconds']:.0f} | {told:.0f} |")
    print(f"\n{1e9 * a:.2f} ns a pixel + {1e9 * b:.1f} ns an unknown pixel, r2 {r2:.3f}")


def window(paths: dict[str, Path], repeats: int) -> None:
    found = child("window", paths["small"], [paths["double"]], repeats)
    _heading(paths["double"])
    print("| case | CPU ms, best to worst |")
    print("|---|---|")
    print(f"| a window of 512 px again, all layers | {1000 * found['best']:.0f} to {1000 * found['worst']:.0f} |")


def _heading(path: Path) -> None:
    given = Input.load(path)
    megapixels, share = given.trimap.size / 1e6, (given.trimap == 128).mean()
    print(f"\n{megapixels:.1f} MP, {share:.1%} unknown, linear light, one thread; load {os.getloadavg()[0]:.0f}")


def _row(case: str, row: dict[str, float], peer: dict[str, float] | None) -> None:
    ratio = f"{peer['best'] / row['best']:.0f}x" if peer else ""
    span = f"{row['best']:.3f} to {row['worst']:.3f}"
    print(
        f"| {case} | {span} | {ratio} | {row['mib']:.0f} | {row['working']:.0f} | {row['sad']:.2f}"
        f" | {row['mse']:.5f} |",
        flush=True,
    )


if __name__ == "__main__":
    main()

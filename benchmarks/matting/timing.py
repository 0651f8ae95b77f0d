"""Seconds and memory: against PyMatting at 12 MP, at 50 MP, the cost law over bands and sizes, and one window again.

    python -m benchmarks.matting.timing [--megapixels 12] [--large 50] [--repeats 3] [--skip-peer]

Ours is the one default mode that the service runs; PyMatting gets the same trimap. Linear light on both sides. Every
case is a fresh process with one thread (see timed). The seconds mean something on a quiet machine only: each table
tells the load of the machine. Frames above 12 MP are mirrored repetitions of one of that size.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.matting.timed import Input, child, scene

SPEED = ("field", "field+foreground", "whole pipeline", "pymatting cf", "pymatting cf+ml")
PEERS = {"field": "pymatting cf", "field+foreground": "pymatting cf+ml"}
SHARES = (0.01, 0.025, 0.05, 0.1)
_HEAD = "| case | CPU seconds, best to worst | against its peer | MiB beyond inputs | and outputs | SAD | MSE |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--megapixels", type=float, default=12)
    parser.add_argument("--large", type=float, default=50)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--skip-peer", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="selvage-matting-") as folder:
        paths = {name: Path(folder) / f"{name}.npz" for name in ("small", "base", "double", "large")}
        scene(0.5).save(paths["small"])
        base = scene(options.megapixels)
        base.save(paths["base"])
        base.repeated(1, 2).save(paths["double"])
        scene(options.large / 4).repeated(2, 2).save(paths["large"])
        cases = [case for case in SPEED if not (options.skip_peer and case.startswith("pymatting"))]
        speed(paths, cases, options.repeats)
        large(paths, options.repeats)
        law(paths, options.repeats)
        window(paths, options.repeats)


def speed(paths: dict[str, Path], cases: list[str], repeats: int) -> None:
    found = {}
    for case in cases:
        found[case] = child(case, paths["small"], [paths["base"]], 1 if case.startswith("pymatting") else repeats)
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
    found = child("window", paths["small"], [paths["double"]], max(5, repeats))
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

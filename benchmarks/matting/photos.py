"""The real photos with measured mattes of alphamatting.com, from a trimap alone, against PyMatting in the same run.

    python -m benchmarks.matting.photos [--trimap 1] [--split pick|report|all] [--peers cf,sm]

No model's alpha, no plate. Encoded light: these photos went through a tone curve that is not sRGB's, and encoded values
mix best. CPU seconds of one thread, compiled beforehand. SAD, MSE and Grad (Rhemann et al. 2009) on the unknown pixels.
The parameters of `fine` were chosen on the odd photos of the list ("pick"); "report" has the others.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.matting import scores
from services.matting.field import UNTOLD, FieldOptions, solve
from services.matting.fine import refine
from tests.parts import composites

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
CODES = (np.arange(256) / 255).astype(np.float32)
Solver = Callable[[U8, U8], F32]


def load(name: str, trimap: int) -> tuple[U8, F32, U8]:
    """rgb, truth, and the trimap as 0, 128, 255."""
    folder = composites.data_dir() / "alphamatting"
    rgb = cv2.imread(str(folder / "input_training_lowres" / f"{name}.png"))
    truth = cv2.imread(str(folder / "gt_training_lowres" / f"{name}.png"), cv2.IMREAD_GRAYSCALE)
    values = cv2.imread(
        str(folder / "trimap_training_lowres" / f"Trimap{trimap}" / f"{name}.png"), cv2.IMREAD_GRAYSCALE
    )
    assert rgb is not None and truth is not None and values is not None
    known = np.where(values < 38, 0, np.where(values > 217, 255, 128)).astype(np.uint8)
    return np.ascontiguousarray(rgb[..., ::-1]), truth.astype(np.float32) / 255, known


def field(rgb: U8, trimap: U8, passes: int = 2) -> F32:
    nothing = np.zeros((2, 2), np.float32)
    return solve(rgb, trimap, nothing, nothing, options=FieldOptions(law=UNTOLD, lut=CODES, passes=passes))[0]


def fine(rgb: U8, trimap: U8) -> F32:
    return refine(rgb, CODES, trimap, field(rgb, trimap, passes=1))


def pymatting(name: str) -> Solver:
    import pymatting as peer

    estimate = getattr(peer, f"estimate_alpha_{name}")

    def run(rgb: U8, trimap: U8) -> F32:
        known = np.where(trimap == 128, 0.5, trimap / 255.0)
        return np.asarray(estimate(rgb / 255.0, known), np.float32)

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--trimap", type=int, choices=(1, 2), default=1)
    parser.add_argument("--split", choices=("pick", "report", "all"), default="report")
    parser.add_argument("--peers", default="cf,sm")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    folder = composites.data_dir() / "alphamatting" / "input_training_lowres"
    names = sorted(path.stem for path in folder.glob("*.png"))
    chosen = [name for n, name in enumerate(names) if options.split == "all" or n % 2 == (options.split == "report")]
    solvers: dict[str, Solver] = {"field": field, "fine": fine}
    solvers |= {f"pymatting {name}": pymatting(name) for name in options.peers.split(",") if name}
    rows = {}
    for label, solver in solvers.items():
        solver(*load(chosen[0], options.trimap)[::2])
        seconds, found = 0.0, []
        for name in chosen:
            rgb, truth, trimap = load(name, options.trimap)
            start = time.process_time()
            alpha = solver(rgb, trimap)
            seconds += time.process_time() - start
            band = trimap == 128
            found.append((
                scores.sad(alpha, truth, band), float(((alpha - truth)[band] ** 2).mean()),
                scores.gradient_error(alpha, truth, band),
            ))  # fmt: skip
        rows[label] = (seconds, *np.mean(found, 0))
    base = rows.get("pymatting cf")
    load_now = os.getloadavg()[0]
    print(f"{len(chosen)} photos ({options.split}), trimap {options.trimap}, encoded light; load {load_now:.1f}")
    print("| solver | CPU seconds | against cf | SAD | MSE | Grad |")
    print("|---|---|---|---|---|---|")
    for label, (seconds, *errors) in rows.items():
        told = (
            [f"{error:.4g} ({error / peer:.2f}x)" for error, peer in zip(errors, base[1:], strict=True)]
            if base
            else [f"{error:.4g}" for error in errors]
        )
        faster = f"{base[0] / seconds:.1f}x" if base else ""
        print(f"| {label} | {seconds:.2f} | {faster} | {' | '.join(told)} |")


if __name__ == "__main__":
    main()

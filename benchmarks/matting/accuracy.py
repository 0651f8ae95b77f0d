"""Alpha and recomposition error in the twelve scenarios, against every method of PyMatting in the light that mixes.

    python -m benchmarks.matting.accuracy [--megapixels 0.25] [--split report] [--methods cf,sm,knn,lbdm,rw,lkm]

All get the same trimap. "From the trimap" is the default solver without any model's alpha, with the plate it estimates
from the photo itself; "default" is what the service runs: the same with a coarse alpha as a network gives it, on a grid
of half the photo's side, without confidence in the unknown band: the trimap is not the model's, so the band counts as
one that a person has painted (services/matting/strokes.py).

SAD: mean over the mattes of the sum over unknown pixels, in thousands; its ratio is to the best method of the scenario.
Recomposition: the cut-out on black, white, red and green against the true one, mean error of unknown pixels in 8-bit
codes; PyMatting's chain is its alpha and estimate_foreground_ml. PyMatting is told the light that was really mixed in;
ours chooses it from the photo, and the table says which was chosen how often.
"""

from __future__ import annotations

import argparse
import os
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence

import cv2
import numpy as np
import pymatting
from numpy.typing import NDArray

from benchmarks.matting import scores
from benchmarks.matting.chain import degraded
from benchmarks.matting.scenarios import CODES, MADE, SETTINGS, Scene, build, names
from services.kit import paper
from services.matting import foreground
from services.matting.arrays import encode
from services.matting.field import UNTOLD, FieldOptions, solve
from services.matting.light import Light
from services.matting.light_choice import choose

F32 = NDArray[np.float32]
METHODS = ("cf", "sm", "knn", "lbdm", "rw", "lkm")
OURS = ("from the trimap", "default")
_GROUNDS = np.array([[0, 0, 0], [1, 1, 1], [0.7, 0.02, 0.02], [0.02, 0.4, 0.05]], np.float32)
_NOTHING = np.zeros((2, 2), np.float32)


def ours(scene: Scene, light: Light, seed: int) -> Iterator[tuple[str, F32, F32]]:
    """(name, alpha, foreground in the scene's light) of both ways to run the default solver."""
    plate = light.plate(paper.estimate(scene.rgb))
    grid = round(max(scene.alpha.shape) / 2)
    coarse, _ = degraded(scene.alpha, np.random.default_rng(seed), grid)
    maps = ((_NOTHING, _NOTHING), (coarse, np.zeros_like(coarse)))
    for name, (prior, belief), told in zip(OURS, maps, (True, False), strict=True):
        options = FieldOptions(law=UNTOLD, lut=light.lut) if told else FieldOptions(lut=light.lut)
        alpha, band = solve(scene.rgb, scene.trimap, prior, belief, plate, options)
        yield name, alpha, scene.lut[foreground.recover(scene.rgb, scene.trimap, alpha, band, light)]


def theirs(scene: Scene, methods: Sequence[str]) -> Iterator[tuple[str, F32, F32]]:
    light = scene.lut[scene.rgb].astype(np.float64)
    known = np.where(scene.trimap == 128, 0.5, scene.trimap / 255.0)
    for name in methods:
        alpha = getattr(pymatting, f"estimate_alpha_{name}")(light, known)
        colours = pymatting.estimate_foreground_ml(light, alpha)
        yield name, np.asarray(alpha, np.float32), np.asarray(colours, np.float32)


def recomposed(alpha: F32, colours: F32, scene: Scene) -> float:
    """Mean error of the unknown pixels on new backgrounds, 8-bit codes."""
    band = scene.trimap == 128
    encoded = scene.lut is CODES
    errors = []
    for ground in list(_GROUNDS):
        laid = [
            a[band, None] * np.clip(c[band], 0, 1) + (1 - a[band, None]) * (encode(ground) if encoded else ground)
            for a, c in ((alpha, colours), (scene.alpha, scene.product))
        ]
        mine, true = laid if encoded else [encode(picture) for picture in laid]
        errors.append(float(np.abs(mine - true).mean()) * 255)
    return float(np.mean(errors))


def measure(
    mattes: Sequence[str], scenario: str, megapixels: float, methods: Sequence[str]
) -> tuple[dict[str, F32], Counter[str]]:
    """SAD and recomposition error by method, mean over the mattes, and the lights that ours chose."""
    found: dict[str, list[tuple[float, float]]] = {}
    chosen: Counter[str] = Counter()
    for name in mattes:
        scene = build(name, SETTINGS[scenario], megapixels)
        light = choose(scene.rgb, scene.trimap)
        chosen[light.name] += 1
        for made in (ours(scene, light, zlib.crc32(name.encode())), theirs(scene, methods)):
            for label, alpha, colours in made:
                row = scores.sad(alpha, scene.alpha, scene.trimap == 128), recomposed(alpha, colours, scene)
                found.setdefault(label, []).append(row)
    return {label: np.mean(rows, 0).astype(np.float32) for label, rows in found.items()}, chosen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--megapixels", type=float, default=0.25)
    parser.add_argument("--split", choices=("pick", "report", "all"), default="report")
    parser.add_argument("--methods", default=",".join(METHODS))
    parser.add_argument("--scenarios", default=",".join(SETTINGS))
    options = parser.parse_args()
    cv2.setNumThreads(1)
    methods = options.methods.split(",")
    table(names(options.split), options.scenarios.split(","), options.megapixels, methods, options.split)
    if options.split != "pick":
        table(MADE, ["mild shadow", "strong and contact shadow"], options.megapixels, methods, "made fabrics, exact")


def table(mattes: Sequence[str], scenarios: Sequence[str], megapixels: float, methods: Sequence[str], of: str) -> None:
    """Prints one row per scenario, and the mean and the worst of the ratios."""
    print(
        f"\n{len(mattes)} mattes ({of}), {megapixels:g} MP, PyMatting"
        f" {', '.join(methods)}; load {os.getloadavg()[0]:.0f}"
    )
    titles = [f"SAD {name}" for name in OURS] + ["recomposed, best chain"] + [f"recomposed {name}" for name in OURS]
    print(f"| scenario | light mixed in; chosen | SAD, best of PyMatting | {' | '.join(titles)} |")
    print("|---" * (3 + len(titles)) + "|", flush=True)
    ratios: list[list[float]] = []
    for scenario in scenarios:
        found, chosen = measure(mattes, scenario, megapixels, methods)
        cells, row = [], []
        for at, digits in ((0, 2), (1, 1)):
            best = min(methods, key=lambda name: found[name][at])
            base = float(found[best][at])
            cells.append(f"{best} {base:.{digits}f}")
            for name in OURS:
                row.append(float(found[name][at]) / base)
                cells.append(f"{found[name][at]:.{digits}f} ({row[-1]:.2f}x)")
        ratios.append(row)
        setting = SETTINGS[scenario]
        light = "encoded" if setting.encoded else "S-curve" if setting.curve else "linear"
        told = ", ".join(f"{name} {count}" for name, count in chosen.most_common())
        print(f"| {scenario} | {light}; {told} | {' | '.join(cells)} |", flush=True)
    for title, told in (("mean", np.mean(ratios, 0)), ("worst", np.max(ratios, 0))):
        shown = [f"{value:.2f}x" for value in told]
        print(f"| **{title}** | | | {shown[0]} | {shown[1]} | | {shown[2]} | {shown[3]} |")


if __name__ == "__main__":
    main()

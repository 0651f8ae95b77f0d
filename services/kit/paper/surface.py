"""A smooth surface through the paper, found among product, shadow and clutter.

Robust polynomial of degree 3 in the logarithm of linear light, Tukey weights (Beaton and Tukey 1974) by iteratively
re-weighted least squares. Shadows only darken, so darker residuals are cut off earlier than brighter ones. Starts
from the colours along the frame and keeps the start that explains most of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from services.kit import channels

F32 = NDArray[np.float32]

OFFSET = 0.004  # added before the logarithm: black paper is noise below this
CLIPPED = 0.985  # linear; above it the sensor says only "at least this"
BEYOND = 0.1  # how far above the clipping level the paper may truly be, natural logarithm
DEGREE = 3
ANNEAL = (0.12, 0.08, 0.05, 0.035, 0.025)  # widths of the first steps, natural logarithm
STEPS = 8
SCALE_RANGE = (0.0025, 0.02)
CUT_BRIGHTER, CUT_DARKER, CUT_HUE = 4.685, 2.5, 4.0


@dataclass(frozen=True)
class Surface:
    """log_paper float32 (h, w, 3): logarithm of (linear + OFFSET). weight float32 (h, w): 0 no paper, 1 surely paper.
    residual: robust scale of the brightness residual, natural logarithm."""

    log_paper: F32
    weight: F32
    residual: float


def logarithm(linear: F32) -> F32:
    return np.asarray(np.log(linear + np.float32(OFFSET)), np.float32)


def basis(height: int, width: int, degree: int) -> F32:
    """Monomials x^i y^j with i + j <= degree on [-1, 1]^2, float32 (height * width, terms)."""
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    terms = [(x**i * y**j).ravel() for i in range(degree + 1) for j in range(degree + 1 - i)]
    return np.stack(terms, -1)


def ring(height: int, width: int, share: float = 0.04) -> NDArray[np.bool_]:
    """The frame of the picture, at least two pixels wide."""
    thick = max(2, round(share * max(height, width)))
    mask = np.ones((height, width), bool)
    mask[thick:-thick, thick:-thick] = False
    return mask


def fit(linear: F32) -> Surface:
    """The paper's surface in a thumbnail, linear light float32 (h, w, 3)."""
    height, width = linear.shape[:2]
    coarse = cv2.resize(linear, (max(16, width // 3), max(16, height // 3)), interpolation=cv2.INTER_AREA)
    best = max((_descend(coarse, seed, 1) for seed in _seeds(coarse)), key=lambda found: _merit(found, coarse))
    start = cv2.resize(best.log_paper, (width, height), interpolation=cv2.INTER_LINEAR)
    return _descend(linear, start, DEGREE)


def _seeds(linear: F32) -> list[F32]:
    """Colours to start from: the medians of eight stretches of the frame, of the whole frame and of its bright half."""
    height, width = linear.shape[:2]
    log = logarithm(linear)
    rows, columns = np.array_split(np.arange(height), 3), np.array_split(np.arange(width), 3)
    frame = ring(height, width, 0.08)
    colours = []
    for i in range(3):
        for j in range(3):
            block = np.zeros_like(frame)
            block[rows[i][0] : rows[i][-1] + 1, columns[j][0] : columns[j][-1] + 1] = True
            colours.append(np.median(log[block & frame], 0) if (i, j) != (1, 1) else np.median(log[frame], 0))
    brightness = log[frame].mean(-1)
    colours.append(np.median(log[frame][brightness >= np.median(brightness)], 0))
    return [np.broadcast_to(colour.astype(np.float32), log.shape) for colour in colours]


def _merit(found: Surface, linear: F32) -> float:
    """Paper is what most of the frame is made of; inside the picture it counts for less."""
    paper = found.weight > 0.1
    return float(paper[ring(*linear.shape[:2])].mean() + 0.5 * paper.mean())


def _descend(linear: F32, start: F32, degree: int) -> Surface:
    height, width = linear.shape[:2]
    terms = basis(height, width, degree)
    log = logarithm(linear).reshape(-1, 3)
    clipped = linear.reshape(-1, 3) >= CLIPPED
    ridge = np.diag(np.r_[1e-6, np.full(terms.shape[1] - 1, 1e-3)])
    base = start.reshape(-1, 3)
    predicted = base
    scale = ANNEAL[0]
    weight = np.zeros(len(log), np.float32)
    for step in range(len(ANNEAL) + STEPS):
        seen = np.where(clipped, np.clip(predicted, log, log + BEYOND), log)
        weight, brightness = _weights(seen - predicted, ANNEAL[step] if step < len(ANNEAL) else scale, step)
        total = float(weight.sum())
        if total < 4 * terms.shape[1]:
            break
        weighted = terms * weight[:, None]
        coefficients = np.linalg.solve(weighted.T @ terms / total + ridge, weighted.T @ (seen - base) / total)
        predicted = base + (terms @ coefficients).astype(np.float32)
        brighter = brightness[(weight > 0) & (brightness > 0)]
        scale = float(np.clip(1.4826 * np.median(brighter) if len(brighter) else 0, *SCALE_RANGE))
    return Surface(predicted.reshape(height, width, 3), weight.reshape(height, width), scale)


def _weights(residual: F32, scale: float, step: int) -> tuple[F32, F32]:
    """Tukey's biweight of brightness and hue together; returns it and the brightness residual."""
    brightness = channels.total(residual) * np.float32(1 / 3)
    hue = channels.most(np.abs(residual - brightness[:, None]))
    annealing = step < len(ANNEAL)
    below = 1.0 if annealing else CUT_DARKER
    above = 1.0 if annealing else CUT_BRIGHTER
    cut = np.where(brightness < 0, below * scale, above * scale)
    width = scale * (0.6 if annealing else CUT_HUE)
    square = (brightness / cut) ** 2 + (hue / width) ** 2
    return np.square(np.clip(1 - square, 0, None)).astype(np.float32), brightness

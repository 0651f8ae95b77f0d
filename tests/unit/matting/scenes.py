"""Synthetic photos with exact truth: known alpha, product colours and background, mixed in linear light."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from services.kit.paper import Plate
from services.matting.arrays import LINEAR, encode

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]


@dataclass(frozen=True)
class Scene:
    """rgb uint8 (H, W, 3); alpha float32 (H, W); foreground and background float32 (H, W, 3), linear light."""

    rgb: U8
    alpha: F32
    foreground: F32
    background: F32


def disc(size: int = 192, radius: float = 0.3, soft: float = 3.0) -> F32:
    """A disc with an edge that rises over about `soft` pixels."""
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    return np.clip((radius * size - np.hypot(y, x)) / soft + 0.5, 0, 1).astype(np.float32)


def mesh(size: int = 192, pitch: int = 12, thread: float = 3.0) -> F32:
    """A netting of threads inside a solid frame: enclosed holes the size of a few pixels."""
    y, x = np.mgrid[:size, :size]
    away = np.minimum(np.abs((x % pitch) - pitch / 2), np.abs((y % pitch) - pitch / 2))
    net = np.clip((thread - away) / 1.5 + 0.5, 0, 1)
    inside = np.maximum(np.abs(y - size / 2), np.abs(x - size / 2)) / size
    return np.where(inside > 0.4, 0, np.where(inside > 0.22, 1, net)).astype(np.float32)


def fringe(size: int = 192, pitch: int = 9, thread: float = 2.0) -> F32:
    """A solid block whose lower part ends in hanging threads."""
    y, x = np.mgrid[:size, :size]
    threads = np.clip((thread - np.abs((x % pitch) - pitch / 2)) / 1.5 + 0.5, 0, 1)
    block = (np.abs(x - size / 2) < 0.35 * size) & (y > 0.15 * size) & (y < 0.8 * size)
    return np.where(block, np.where(y < 0.5 * size, 1, threads), 0).astype(np.float32)


def scene(
    alpha: F32,
    colour: tuple[float, float, float] = (0.30, 0.06, 0.05),
    paper: tuple[float, float, float] = (0.80, 0.80, 0.78),
    slope: float = 0.1,
    noise: float = 0.0,
) -> Scene:
    """Colours in linear light; both sides change linearly over the frame by `slope` of themselves."""
    size = alpha.shape[0]
    y, x = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : alpha.shape[1] * 1j].astype(np.float32)
    front = np.float32(colour) * (1 + slope * x)[..., None]
    back = np.float32(paper) * (1 - slope * y)[..., None]
    mixed = alpha[..., None] * front + (1 - alpha[..., None]) * back
    codes = encode(mixed) * 255
    if noise:
        codes = codes + np.random.default_rng(1).normal(0, noise, codes.shape)
    return Scene(np.clip(np.rint(codes), 0, 255).astype(np.uint8), alpha, front, back.astype(np.float32))


def coarse(alpha: F32, factor: int = 2, blur: float = 1.0) -> tuple[F32, F32]:
    """What a network gives: a smaller, blurred alpha, and a confidence that is low where it is wrong."""
    size = alpha.shape[1] // factor, alpha.shape[0] // factor
    small = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(small, (0, 0), blur)
    wrong = cv2.GaussianBlur((np.abs(soft - small) > 0.05).astype(np.float32), (0, 0), 1.5)
    return soft, np.clip(1 - wrong, 0.3, 1).astype(np.float32)


def plate_of(background: F32, *, usable: bool = True, residual: float = 0.005) -> Plate:
    """The clean background itself as a plate, at a quarter of its size."""
    small = cv2.resize(background, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    sigma = np.full(small.shape[:2], 0.003, np.float32)
    return Plate(np.clip(small, 0, 1), sigma, "photo", usable, "" if usable else "made for a test", residual, 0.9)


def linear(rgb: U8) -> F32:
    return LINEAR[rgb]

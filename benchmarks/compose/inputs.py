"""A 24 MP cut-out as arrays in files, mapped into memory by the process that is measured."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np

WIDTH, HEIGHT = 6000, 4000


def make(folder: Path) -> None:
    """photo.npy and foreground.npy: uint8 (H, W, 3); alpha.npy: float32 (H, W). A noisy product on paper."""
    rng = np.random.default_rng(24)
    alpha = np.zeros((HEIGHT, WIDTH), np.float32)
    cv2.ellipse(alpha, (WIDTH // 2, HEIGHT // 2), (WIDTH // 3, HEIGHT * 2 // 5), 8, 0, 360, 1.0, -1)
    alpha = cv2.GaussianBlur(alpha, (0, 0), 3)
    waves = 40 * np.sin(np.arange(WIDTH, dtype=np.float32) / 90)[None] + np.linspace(-20, 20, HEIGHT)[:, None]
    noise = rng.normal(0, 4, (HEIGHT, WIDTH)).astype(np.float32)
    product = np.stack([(base + waves + noise).clip(0, 255) for base in (60, 100, 150)], axis=2)
    paper = np.array([228, 226, 222], np.float32) + noise[..., None] / 3
    photo = np.rint(product * alpha[..., None] + paper * (1 - alpha[..., None])).clip(0, 255).astype(np.uint8)
    np.save(folder / "photo.npy", photo)
    np.save(folder / "foreground.npy", np.where(alpha[..., None] > 0, product.astype(np.uint8), photo))
    np.save(folder / "alpha.npy", alpha)


def load(folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """photo, foreground, alpha."""
    photo, foreground, alpha = (np.load(folder / f"{name}.npy") for name in ("photo", "foreground", "alpha"))
    return photo, foreground, alpha


def resident(field: str) -> float:
    """MiB of this process by /proc: "VmRSS" now, "VmHWM" at its highest. Linux only."""
    found = re.search(rf"{field}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return int(found[1]) / 1024

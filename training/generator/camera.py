"""What a camera does to the finished scene: one light, one blur, one noise, one file format for all of it."""

from __future__ import annotations

import cv2
import numpy as np

from training.generator.light import F32, U8, blur, field, to_srgb


def expose(rng: np.random.Generator, linear: F32) -> U8:
    """Linear scene (side, side, 3) -> encoded sRGB uint8 with light, softness, noise and JPEG marks of a photo."""
    side = linear.shape[0]
    if rng.random() < 0.4:
        linear = linear * field(rng, side, 2, 0.75, 1.15)[..., None]
    linear = linear * (rng.uniform(0.8, 1.12) * (1 + rng.normal(0, 0.03, 3))).astype(np.float32)
    draw = rng.random()
    if draw < 0.35:
        linear = blur(linear, rng.uniform(0.3, 1.2))
    elif draw < 0.55:
        small = cv2.resize(linear, None, fx=(f := rng.uniform(0.45, 0.9)), fy=f, interpolation=cv2.INTER_AREA)
        linear = cv2.resize(small, (side, side), interpolation=cv2.INTER_CUBIC)
    image = to_srgb(linear)
    if rng.random() < 0.3:  # the camera's own sharpening, with its halo
        image = image + (image - blur(image, rng.uniform(0.6, 1.6))) * np.float32(rng.uniform(0.2, 0.9))
    if rng.random() < 0.75:
        channels = 1 if rng.random() < 0.5 else 3
        noise = rng.standard_normal((side, side, channels), dtype=np.float32)
        if rng.random() < 0.4:
            noise = blur(noise, rng.uniform(0.4, 0.9)).reshape(side, side, channels)
        unclipped = np.clip((1.2 - linear) * 5, 0, 1)  # a sensor that clips shows no noise
        image = image + noise * unclipped * np.float32(rng.uniform(0.002, 0.028))
    out = (np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8)
    if rng.random() < 0.7:
        out = jpeg(out, int(rng.uniform(55, 97)))
    return out


def jpeg(rgb: U8, quality: int) -> U8:
    """There and back through JPEG."""
    _, data = cv2.imencode(".jpg", rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB), np.uint8)

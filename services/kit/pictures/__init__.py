"""Pictures: files of strangers in, upright sRGB arrays out, and back to files. libvips and pi-heif inside."""

from __future__ import annotations

from services.kit.pictures.colour import srgb_profile, to_linear, to_srgb8
from services.kit.pictures.decode import decode, fitted
from services.kit.pictures.model import Limits, Picture, PictureInfo
from services.kit.pictures.probe import probe

__all__ = [
    "Limits",
    "Picture",
    "PictureInfo",
    "decode",
    "fitted",
    "probe",
    "srgb_profile",
    "to_linear",
    "to_srgb8",
]

"""Pictures: files of strangers in, upright sRGB arrays out, and back to files. libvips and pi-heif inside."""

from __future__ import annotations

from services.kit.pictures.colour import display_p3_profile, srgb_profile, srgb_to_display_p3, to_linear, to_srgb8
from services.kit.pictures.decode import decode, fitted
from services.kit.pictures.model import Limits, Picture, PictureInfo
from services.kit.pictures.probe import probe

__all__ = [
    "Limits",
    "Picture",
    "PictureInfo",
    "decode",
    "display_p3_profile",
    "fitted",
    "probe",
    "srgb_profile",
    "srgb_to_display_p3",
    "to_linear",
    "to_srgb8",
]

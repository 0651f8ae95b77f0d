"""Pictures: files of strangers in, upright sRGB arrays out, and back to files. libvips, pi-heif and LibRaw inside."""

from __future__ import annotations

from services.kit.pictures.colour import display_p3_profile, srgb_profile, srgb_to_display_p3, to_linear, to_srgb8
from services.kit.pictures.decode import fitted
from services.kit.pictures.guarded import decode, probe
from services.kit.pictures.model import Limits, Picture, PictureInfo
from services.kit.pictures.settings import LimitSettings, current_limits

__all__ = [
    "LimitSettings",
    "Limits",
    "Picture",
    "PictureInfo",
    "current_limits",
    "decode",
    "display_p3_profile",
    "fitted",
    "probe",
    "srgb_profile",
    "srgb_to_display_p3",
    "to_linear",
    "to_srgb8",
]

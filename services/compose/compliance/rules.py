"""The rules: each a small pure function (measured values, limits) -> finding. `CHECKS` lists them by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from types import MappingProxyType
from typing import Any

from services.compose.compliance.measure import Measured

Limits = Mapping[str, Any]
EXTENSIONS = {"jpeg": ("jpg", "jpeg"), "tiff": ("tif", "tiff")}
LEAST_SHADE = 0.001  # share of the background a shadow must darken to be seen


@dataclass(frozen=True)
class Finding:
    kept: bool
    measured: str
    limit: str
    detail: str  # one sentence


Check = Callable[[Measured, Limits], Finding]


def between(value: Callable[[Measured], float], what: str, show: Callable[[float], str]) -> Check:
    """A value with a `min`, a `max` or both."""

    def check(measured: Measured, limits: Limits) -> Finding:
        found, low, high = value(measured), limits.get("min"), limits.get("max")
        kept = (low is None or found >= low) and (high is None or found <= high)
        parts = [f"{sign} {show(bound)}" for sign, bound in ((">=", low), ("<=", high)) if bound is not None]
        limit = " and ".join(parts) if low is None or low != high else show(low)
        return Finding(kept, show(found), limit, f"{what} is {show(found)}; asked for: {limit}.")

    return check


def among(value: Callable[[Measured], str], what: str) -> Check:
    """A word that must be one of `allowed`, or begin with one of them (profiles carry versions in their names)."""

    def check(measured: Measured, limits: Limits) -> Finding:
        found, allowed = value(measured), ", ".join(limits["allowed"])
        kept = any(found == word or found.startswith(f"{word} ") for word in limits["allowed"])
        return Finding(kept, found or "none", allowed, f"{what} is {found or 'missing'}; allowed: {allowed}.")

    return check


def extension(measured: Measured, _limits: Limits) -> Finding:
    fitting = EXTENSIONS.get(measured.format, (measured.format,))
    limit = " or ".join(fitting)
    detail = f"The file is {measured.format} inside and ends in .{measured.extension}."
    return Finding(measured.extension in fitting, measured.extension or "none", limit, detail)


def ratio(measured: Measured, limits: Limits) -> Finding:
    found, wanted, tolerance = measured.width / measured.height, limits["width_over_height"], limits["tolerance"]
    limit = f"{wanted:.4g} +- {tolerance:.1%}"
    kept = abs(found / wanted - 1) <= tolerance
    return Finding(kept, f"{found:.4f}", limit, f"Width over height is {found:.4f}; asked for: {limit}.")


def fill(measured: Measured, limits: Limits) -> Finding:
    long_side, area = measured.fill_long_side, measured.fill_area
    of_long_side = limits["of"] == "long_side"
    what = "The product's box, by its longer share of a side," if of_long_side else "The product's box, by area,"
    found = between(lambda _: long_side if of_long_side else area, what, _percent)(measured, limits)
    return Finding(found.kept, f"long side {long_side:.1%}, area {area:.1%}", found.limit, found.detail)


def opaque(measured: Measured, _limits: Limits) -> Finding:
    found = "transparent pixels" if measured.has_alpha else "opaque"
    return Finding(not measured.has_alpha, found, "opaque", f"The picture has {found}; transparency is not allowed.")


def border(measured: Measured, _limits: Limits) -> Finding:
    off, total = measured.border_off, measured.border
    detail = f"{off} of {total} pixels along the edges are not exactly 255 after decoding."
    return Finding(off == 0, f"{off} pixels off", "0 pixels off 255", detail)


def background(measured: Measured, _limits: Limits) -> Finding:
    off, far = measured.far_off, measured.far
    detail = f"{off} of {far} background pixels are not exactly the background's colour after decoding."
    return Finding(off == 0 and far > 0, f"{off} pixels off", "0 pixels off", detail)


def halo(measured: Measured, limits: Limits) -> Finding:
    limit = limits["max"]
    detail = f"Beside the product, compression moves the background by up to {measured.near_worst} levels."
    return Finding(measured.near_worst <= limit, f"{measured.near_worst} levels", f"<= {limit} levels", detail)


def no_shadow(measured: Measured, _limits: Limits) -> Finding:
    kept = measured.shadow == "none" and measured.shaded == 0
    detail = f"The shadow is {measured.shadow}; {measured.shaded:.2%} of the background is shaded; none is allowed."
    return Finding(kept, f"{measured.shadow}, {measured.shaded:.2%} shaded", "none", detail)


def shadow(measured: Measured, _limits: Limits) -> Finding:
    kept = measured.shadow != "none" and measured.shaded >= LEAST_SHADE
    detail = f"The shadow is {measured.shadow}; {measured.shaded:.2%} of the background is shaded; one is required."
    return Finding(kept, f"{measured.shadow}, {measured.shaded:.2%} shaded", f">= {LEAST_SHADE:.1%} shaded", detail)


def natural_shadow(measured: Measured, _limits: Limits) -> Finding:
    detail = f"The shadow is {measured.shadow}; the photo's own is asked for."
    return Finding(measured.shadow == "original", measured.shadow, "original", detail)


def _pixels(value: float) -> str:
    return f"{value:.0f} px"


def _bytes(value: float) -> str:
    return f"{value:,.0f} bytes".replace(",", " ")


def _percent(value: float) -> str:
    return f"{value:.1%}"


CHECKS: Mapping[str, Check] = MappingProxyType({
    "format": among(attrgetter("format"), "The format"),
    "extension": extension,
    "profile": among(attrgetter("profile"), "The embedded colour profile"),
    "colour_mode": among(attrgetter("colour_mode"), "The colour mode"),
    "opaque": opaque,
    "width": between(attrgetter("width"), "The width", _pixels),
    "height": between(attrgetter("height"), "The height", _pixels),
    "long_side": between(lambda found: max(found.width, found.height), "The long side", _pixels),
    "short_side": between(lambda found: min(found.width, found.height), "The short side", _pixels),
    "megapixels": between(lambda found: found.width * found.height / 1e6, "The size", lambda v: f"{v:.2f} megapixels"),
    "ratio": ratio,
    "bytes": between(attrgetter("bytes"), "The file", _bytes),
    "dpi": between(attrgetter("dpi"), "The resolution", lambda value: f"{value:g} dpi"),
    "fill": fill,
    "border": border,
    "background": background,
    "halo": halo,
    "no_shadow": no_shadow,
    "shadow": shadow,
    "natural_shadow": natural_shadow,
})  # fmt: skip

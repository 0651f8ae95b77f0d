"""The quality gate: measured numbers -> probability that no reviewer would touch the result, and why not.

Each doubt has a risk in [0, 1] that rises linearly between two measured values (`Ramp`); independent doubts combine
as P(no touch) = prod(1 - risk). The image needs review when that falls below `review_below`. The ramps were set on
half of the products of `python -m benchmarks.gate` (photos with known truth, prototype weights) and by eye on studio
photos without truth; the other half is in benchmarks/README.md. Decisions of people replace them once there
are enough (they are recorded with the numbers for that purpose), so read the probability as an ordering until then.

An approved image carries no reasons: nothing in it asks for a person.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from services.kit.boxes import Box

LEFT, TOP, RIGHT, BOTTOM = range(4)
SIDES = ("left", "top", "right", "bottom")


@dataclass(frozen=True)
class Ramp:
    """Risk 0 at `from_`, `risk` at `to` and beyond; `to` may be the smaller one."""

    from_: float
    to: float
    risk: float

    def __call__(self, value: float) -> float:
        share = (value - self.from_) / (self.to - self.from_)
        return self.risk * min(max(share, 0.0), 1.0)


@dataclass(frozen=True)
class GateLimits:
    """Where doubt begins. Shares and confidences are in [0, 1]."""

    review_below: float = 0.75
    # Mean confidence of the solved band, and the share of it where a correct alpha is less likely than not. A sharp,
    # hair-free outline that is right has 0.78 to 0.92 and up to 0.29: a band one pixel wide is doubtful by nature.
    band_confidence: Ramp = Ramp(0.78, 0.60, 0.6)
    doubtful_share: Ramp = Ramp(0.25, 0.45, 0.7)
    # What the model's own signs say: how much of its outline is in doubt, and over how much the ground looks alike.
    review_risk: Ramp = Ramp(0.40, 0.90, 0.4)
    # Band area over product area: right results stay below 0.2, thin things reach 0.5, a failed segmentation exceeds 1.
    unknown_over_product: Ramp = Ramp(0.25, 0.80, 0.6)
    # Share of a frame side that the product covers before the touch counts.
    touch: float = 0.01
    # A side that cuts a product which should have been whole.
    touch_risk: float = 0.30
    # Worn garments are photographed cropped, above or below, over a broad part of the side; a narrow touch there is a
    # tip that left the frame.
    touch_broad: float = 0.10
    touch_broad_risk: float = 0.06
    touch_narrow_risk: float = 0.12
    # Categories whose photos are crops by intent: touching the frame is how they are made.
    crop_categories: frozenset[str] = frozenset({"person", "people", "model", "worn", "portrait", "closeup", "detail"})
    # Sides covered by more than this share, at least three: the product fills the frame.
    filling_touch: float = 0.5
    filling_share: float = 0.97
    # A pair (shoes, earrings) is usual; three things may be a stray object.
    pair_risk: float = 0.12
    several_risk: float = 0.35
    # Area of one uncertain hole over the product's; specks do not count. A gap that paper shines through and the matte
    # filled was 0.003 or more of a person. Holes add up to at most `holes_risk_most`.
    hole: Ramp = Ramp(0.001, 0.004, 0.30)
    holes_risk_most: float = 0.60
    # Colour distance along the outline, encoded sRGB. Nearly all right results lie above 0.20.
    edge_contrast: Ramp = Ramp(0.16, 0.05, 0.6)
    # Less product than this is none, unless its outline is this sure (an earring in a large frame).
    no_product_share: float = 0.005
    no_product_ever: float = 0.0005
    small_product_confidence: float = 0.85
    # How much the photo is enlarged to fill the template; the composition stops at 2. Alone it never asks for a person,
    # who could mend nothing: a product that is then too small for its preset breaks a rule, which does.
    upscale: Ramp = Ramp(1.25, 2.0, 0.20)
    # An export that breaks a rule of its preset has to be touched.
    rule_risk: float = 1.0


@dataclass(frozen=True)
class Evidence:
    """What the stages measured; the fields are those of MatteNumbers, SegmentNumbers and the image."""

    status: str
    foreground_share: float
    unknown_share: float
    band_confidence: float
    doubtful_share: float
    subjects: int
    frame_touch: tuple[float, float, float, float]
    edge_contrast: float
    # Width times height of the photo.
    pixels: int
    uncertain_holes: tuple[Box, ...] = ()
    doubtful_boxes: tuple[Box, ...] = ()
    category: str = ""
    # Of SegmentNumbers; 0 where no model was asked, or one that does not tell.
    review_risk: float = 0.0


@dataclass(frozen=True)
class Doubt:
    code: str
    detail: str
    risk: float
    boxes: tuple[Box, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """`confidence`: probability in [0, 1] that no reviewer would touch the result. `doubts`: largest risk first."""

    confidence: float
    approved: bool
    doubts: tuple[Doubt, ...] = field(default=())

    @property
    def reasons(self) -> tuple[Doubt, ...]:
        """What a person should look at; nothing when the machine is sure enough."""
        return () if self.approved else self.doubts


def judge(evidence: Evidence, limits: GateLimits) -> Verdict:
    """The verdict over a finished matte."""
    hopeless = _hopeless(evidence, limits)
    if hopeless is not None:
        return verdict((hopeless,), limits)
    found = (
        *_uncertain(evidence, limits),
        *_frame(evidence, limits),
        *_content(evidence, limits),
    )
    return verdict(tuple(doubt for doubt in found if doubt.risk > 0), limits)


def judge_scale(before: Verdict, scale: float, limits: GateLimits) -> Verdict:
    """The verdict once the composition is known; `scale` is applied to the photo's pixels, above 1 enlarges."""
    risk = limits.upscale(scale)
    if risk <= 0:
        return before
    detail = f"The product is enlarged {scale:.2f} times; up to {limits.upscale.from_:g} is not visible."
    return verdict((*before.doubts, Doubt("UPSCALED", detail, risk)), limits)


def judge_rules(before: Verdict, failed: Mapping[str, str], limits: GateLimits) -> Verdict:
    """The verdict once the exports are checked. `failed`: by preset, which of its rules are broken, in sentences.

    A file that breaks a marketplace's rules is never approved by the machine, whatever the limits say.
    """
    if not failed:
        return before
    doubts = tuple(
        Doubt(f"SPEC_FAIL:{preset.upper()}", detail, limits.rule_risk) for preset, detail in sorted(failed.items())
    )
    return replace(verdict((*before.doubts, *doubts), limits), approved=False)


def verdict(doubts: Sequence[Doubt], limits: GateLimits) -> Verdict:
    """Combines doubts as independent events."""
    confidence = 1.0
    for doubt in doubts:
        confidence *= 1.0 - doubt.risk
    ordered = tuple(sorted(doubts, key=lambda doubt: -doubt.risk))
    return Verdict(confidence, confidence >= limits.review_below, ordered)


def _hopeless(evidence: Evidence, limits: GateLimits) -> Doubt | None:
    """A case in which the other numbers mean nothing."""
    share = limits.no_product_share
    if evidence.band_confidence >= limits.small_product_confidence:
        share = limits.no_product_ever
    if evidence.status == "empty" or evidence.foreground_share < share:
        return Doubt("NO_PRODUCT", f"No product was found ({evidence.foreground_share:.2%} of the picture).", 1.0)
    if evidence.status == "full":
        return Doubt("FRAME_FILLING", "The product fills the whole frame; there is nothing to cut out.", 0.9)
    if evidence.status != "ok":
        code = f"MATTING_DEGENERATE:{evidence.status.upper()}"
        return Doubt(code, f"The matte could not be solved ({evidence.status.replace('_', ' ')}).", 0.95)
    return None


def _uncertain(evidence: Evidence, limits: GateLimits) -> list[Doubt]:
    band = limits.band_confidence(evidence.band_confidence)
    doubtful = limits.doubtful_share(evidence.doubtful_share)
    detail = (
        f"Confidence along the edge is {evidence.band_confidence:.2f}; {evidence.doubtful_share:.0%} of it is doubtful."
    )
    model = limits.review_risk(evidence.review_risk)
    if model > 0:
        detail += f" By the model's own signs a person would touch {evidence.review_risk:.0%} of such outlines."
    # Three readings of one thing: the worst one counts.
    doubts = [Doubt("LOW_CONFIDENCE", detail, max(band, doubtful, model), evidence.doubtful_boxes)]
    relative = evidence.unknown_share / max(evidence.foreground_share, 1e-6)
    detail = f"The undecided band is {relative:.0%} of the product's area."
    doubts.append(Doubt("LARGE_UNKNOWN_BAND", detail, limits.unknown_over_product(relative), evidence.doubtful_boxes))
    return doubts


def _frame(evidence: Evidence, limits: GateLimits) -> list[Doubt]:
    if evidence.category.strip().lower() in limits.crop_categories:
        return []
    filled = sum(touch > limits.filling_touch for touch in evidence.frame_touch)
    if filled >= 3 or evidence.foreground_share > limits.filling_share:
        detail = f"The product covers {evidence.foreground_share:.0%} of the picture and runs out of the frame."
        return [Doubt("FRAME_FILLING", detail, 0.6)]
    touched = [side for side in range(4) if evidence.frame_touch[side] > limits.touch]
    if not touched:
        return []
    widths = ", ".join(f"{SIDES[side]} {evidence.frame_touch[side]:.0%}" for side in touched)
    risk = 1 - math.prod(1 - _touch_risk(side, evidence.frame_touch[side], limits) for side in touched)
    return [Doubt("TOUCHES_FRAME", f"The product touches the frame ({widths} of the side).", risk)]


def _touch_risk(side: int, share: float, limits: GateLimits) -> float:
    if side in (LEFT, RIGHT):
        return limits.touch_risk
    return limits.touch_broad_risk if share >= limits.touch_broad else limits.touch_narrow_risk


def _content(evidence: Evidence, limits: GateLimits) -> list[Doubt]:
    doubts = []
    if evidence.subjects > 1:
        risk = limits.pair_risk if evidence.subjects == 2 else limits.several_risk
        doubts.append(Doubt("MULTIPLE_SUBJECTS", f"{evidence.subjects} separate subjects were found.", risk))
    product = max(evidence.foreground_share * evidence.pixels, 1.0)
    holes = [(box, limits.hole(box.width * box.height / product)) for box in evidence.uncertain_holes]
    holes = [(box, risk) for box, risk in holes if risk > 0]
    if holes:
        risk = min(1 - math.prod(1 - risk for _, risk in holes), limits.holes_risk_most)
        detail = f"{len(holes)} enclosed area(s) may be a hole or product."
        doubts.append(Doubt("ENCLOSED_HOLE_UNCERTAIN", detail, risk, tuple(box for box, _ in holes)))
    contrast = limits.edge_contrast(evidence.edge_contrast)
    detail = f"The product's edge differs from the background by {evidence.edge_contrast:.3f} only."
    doubts.append(Doubt("WHITE_ON_WHITE", detail, contrast, evidence.doubtful_boxes))
    return doubts

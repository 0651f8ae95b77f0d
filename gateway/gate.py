"""The quality gate: measured numbers -> probability that no reviewer would touch the result, and why not.

Each doubt has a risk in [0, 1] that rises linearly between two measured values (`Ramp`); independent doubts combine
as P(no touch) = prod(1 - risk). The image needs review when that falls below `review_below`. The ramps are set by
hand on synthetic composites and real photos; the decisions of people replace them once there are enough (they are
recorded with the numbers for that purpose), so read the probability as an ordering until then.

An approved image carries no reasons: nothing in it asks for a person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

LEFT, TOP, RIGHT, BOTTOM = range(4)
SIDES = ("left", "top", "right", "bottom")


@dataclass(frozen=True)
class Box:
    """Pixels of the upright photo."""

    left: int
    top: int
    width: int
    height: int


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
    # Mean confidence of the solved band, and the share of it where a correct alpha is less likely than not.
    band_confidence: Ramp = Ramp(0.80, 0.55, 0.6)
    doubtful_share: Ramp = Ramp(0.10, 0.45, 0.7)
    # Band area over product area: fringe and mesh reach 0.5, a failed segmentation exceeds 1.
    unknown_over_product: Ramp = Ramp(0.40, 1.20, 0.6)
    # Share of a frame side that the product covers before the touch counts.
    touch: float = 0.01
    touch_risk: float = 0.30
    # Standing products and worn garments are often cropped below; alone it is no reason to stop.
    touch_bottom_risk: float = 0.12
    # Categories whose photos are crops by intent: touching the frame is how they are made.
    crop_categories: frozenset[str] = frozenset({"person", "people", "model", "worn", "portrait", "closeup", "detail"})
    # Sides covered by more than this share, at least three: the product fills the frame.
    filling_touch: float = 0.5
    filling_share: float = 0.97
    # A pair (shoes, earrings) is usual; three things may be a stray object.
    pair_risk: float = 0.12
    several_risk: float = 0.35
    hole_risk: float = 0.30
    holes_risk_most: float = 0.60
    # Colour distance along the outline, encoded sRGB.
    edge_contrast: Ramp = Ramp(0.06, 0.015, 0.5)
    no_product_share: float = 0.0005
    # Enlarging the photo by more than this to fill the template shows.
    upscale: float = 1.5
    upscale_risk: float = 0.30
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
    uncertain_holes: tuple[Box, ...] = ()
    doubtful_boxes: tuple[Box, ...] = ()
    category: str = ""


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
    if scale <= limits.upscale:
        return before
    detail = f"The product is enlarged {scale:.2f} times; up to {limits.upscale:g} is not visible."
    return verdict((*before.doubts, Doubt("UPSCALED", detail, limits.upscale_risk)), limits)


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
    if evidence.status == "empty" or evidence.foreground_share < limits.no_product_share:
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
    # Two readings of one thing: the worse one counts.
    doubts = [Doubt("LOW_CONFIDENCE", detail, max(band, doubtful), evidence.doubtful_boxes)]
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
    risk = limits.touch_bottom_risk if touched == [BOTTOM] else limits.touch_risk
    return [Doubt("TOUCHES_FRAME", f"The product touches the frame ({widths} of the side).", risk)]


def _content(evidence: Evidence, limits: GateLimits) -> list[Doubt]:
    doubts = []
    if evidence.subjects > 1:
        risk = limits.pair_risk if evidence.subjects == 2 else limits.several_risk
        doubts.append(Doubt("MULTIPLE_SUBJECTS", f"{evidence.subjects} separate subjects were found.", risk))
    holes = len(evidence.uncertain_holes)
    if holes:
        risk = min(limits.hole_risk * holes, limits.holes_risk_most)
        detail = f"{holes} enclosed area(s) may be a hole or product."
        doubts.append(Doubt("ENCLOSED_HOLE_UNCERTAIN", detail, risk, evidence.uncertain_holes))
    contrast = limits.edge_contrast(evidence.edge_contrast)
    detail = f"The product's edge differs from the background by {evidence.edge_contrast:.3f} only."
    doubts.append(Doubt("WHITE_ON_WHITE", detail, contrast, evidence.doubtful_boxes))
    return doubts

"""The quality gate: a pure function from numbers to confidence and reasons."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.gate import BOTTOM, Evidence, GateLimits, Ramp, judge, judge_rules, judge_scale, verdict
from services.kit.boxes import Box

LIMITS = GateLimits()
SURE = Evidence(
    status="ok", foreground_share=0.3, unknown_share=0.02, band_confidence=0.97, doubtful_share=0.01, subjects=1,
    frame_touch=(0, 0, 0, 0), edge_contrast=0.4, pixels=1000,
)  # fmt: skip
BOX = Box(1, 2, 3, 4)
SHARE = st.floats(0, 1)
EVIDENCE = st.builds(
    Evidence,
    status=st.sampled_from(["ok", "empty", "full", "no_foreground_seed", "no_background_seed"]),
    foreground_share=SHARE,
    unknown_share=SHARE,
    band_confidence=SHARE,
    doubtful_share=SHARE,
    subjects=st.integers(0, 9),
    frame_touch=st.tuples(SHARE, SHARE, SHARE, SHARE),
    edge_contrast=SHARE,
    pixels=st.integers(256, 10**8),
    uncertain_holes=st.lists(st.just(BOX), max_size=4).map(tuple),
    doubtful_boxes=st.lists(st.just(BOX), max_size=2).map(tuple),
    category=st.sampled_from(["", "shoes", "model"]),
    review_risk=SHARE,
)


def codes(evidence: Evidence) -> list[str]:
    return [doubt.code for doubt in judge(evidence, LIMITS).reasons]


def test_nothing_to_doubt_is_certain() -> None:
    found = judge(SURE, LIMITS)
    assert (found.confidence, found.approved, found.doubts) == (1.0, True, ())


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"band_confidence": 0.55}, "LOW_CONFIDENCE"),
        ({"doubtful_share": 0.45}, "LOW_CONFIDENCE"),
        ({"review_risk": 0.9}, "LOW_CONFIDENCE"),
        ({"unknown_share": 0.24}, "LARGE_UNKNOWN_BAND"),
        ({"frame_touch": (0.2, 0, 0, 0)}, "TOUCHES_FRAME"),
        ({"frame_touch": (0, 0, 0.02, 0.5)}, "TOUCHES_FRAME"),
        ({"frame_touch": (0.2, 0.2, 0, 0.2)}, "TOUCHES_FRAME"),
        ({"frame_touch": (0.6, 0.6, 0.6, 0)}, "FRAME_FILLING"),
        ({"foreground_share": 0.98}, "FRAME_FILLING"),
        ({"subjects": 3}, "MULTIPLE_SUBJECTS"),
        ({"uncertain_holes": (BOX,)}, "ENCLOSED_HOLE_UNCERTAIN"),
        ({"edge_contrast": 0.1}, "WHITE_ON_WHITE"),
        ({"status": "empty"}, "NO_PRODUCT"),
        ({"foreground_share": 0.0}, "NO_PRODUCT"),
        ({"foreground_share": 0.004, "unknown_share": 0.0, "band_confidence": 0.84}, "NO_PRODUCT"),
        ({"status": "full"}, "FRAME_FILLING"),
        ({"status": "no_background_seed"}, "MATTING_DEGENERATE:NO_BACKGROUND_SEED"),
    ],
)
def test_each_doubt_alone_sends_the_image_to_review(change: dict[str, Any], code: str) -> None:
    assert codes(replace(SURE, **change)) == [code]


@pytest.mark.parametrize(
    "change",
    [
        {"frame_touch": (0, 0, 0, 0.4)},  # a garment cropped below is usual
        {"frame_touch": (0, 0.5, 0, 0)},  # trousers, cropped at the waist
        {"frame_touch": (0, 0.4, 0, 0.2)},  # both
        {"foreground_share": 0.004, "unknown_share": 0.0},  # an earring
        {"subjects": 2},  # a pair is usual
        {"frame_touch": (0.005, 0.009, 0, 0)},  # a few pixels of noise
        {"frame_touch": (0.9, 0.9, 0.9, 0.9), "foreground_share": 0.99, "category": "Closeup"},  # cropped by intent
        {"unknown_share": 0.1},  # a fringe
        {"pixels": 100_000, "uncertain_holes": (BOX,) * 4},  # specks: 0.04 % of the product each
        {"band_confidence": 0.78, "doubtful_share": 0.25},  # a sharp outline, one pixel wide
        {"edge_contrast": 0.2},
        {"review_risk": 0.4},  # half of the sound photos are below
    ],
)
def test_what_is_usual_is_no_reason(change: dict[str, Any]) -> None:
    assert codes(replace(SURE, **change)) == []


def test_small_doubts_add_up() -> None:
    both = judge(replace(SURE, subjects=2, frame_touch=(0, 0.05, 0, 0.4), band_confidence=0.76), LIMITS)
    assert not both.approved
    touch = (1 - LIMITS.touch_narrow_risk) * (1 - LIMITS.touch_broad_risk)
    assert both.confidence == pytest.approx((1 - LIMITS.pair_risk) * touch * (1 - 0.6 * 0.02 / 0.18))
    assert {doubt.code for doubt in both.reasons} == {"MULTIPLE_SUBJECTS", "TOUCHES_FRAME", "LOW_CONFIDENCE"}


def test_reasons_carry_the_measured_value_and_the_places() -> None:
    reason = judge(replace(SURE, doubtful_share=0.5, doubtful_boxes=(BOX,)), LIMITS).reasons[0]
    assert "50%" in reason.detail
    assert reason.boxes == (BOX,)


def test_the_worst_of_three_readings_of_the_edge_counts() -> None:
    model, band = replace(SURE, review_risk=1.0), replace(SURE, band_confidence=0.69)
    both = judge(replace(model, band_confidence=0.69), LIMITS)
    assert both.confidence == pytest.approx(min(judge(one, LIMITS).confidence for one in (model, band)))
    assert "a person would touch 100% of such outlines" in both.reasons[0].detail


def test_a_product_on_the_bottom_edge_names_that_side() -> None:
    touch = [0.0, 0.0, 0.0, 0.0]
    touch[BOTTOM] = 0.25
    doubts = judge(replace(SURE, frame_touch=tuple(touch)), LIMITS).doubts
    assert "bottom 25%" in doubts[0].detail


@given(EVIDENCE)
def test_confidence_is_a_probability_and_decides(evidence: Evidence) -> None:
    found = judge(evidence, LIMITS)
    assert 0 <= found.confidence <= 1
    assert found.approved == (found.confidence >= LIMITS.review_below)
    assert bool(found.reasons) == (not found.approved)
    risks = [doubt.risk for doubt in found.doubts]
    assert risks == sorted(risks, reverse=True)


@given(EVIDENCE, SHARE)
def test_more_confidence_along_the_edge_never_hurts(evidence: Evidence, more: float) -> None:
    better = replace(evidence, band_confidence=max(more, evidence.band_confidence))
    assert judge(better, LIMITS).confidence >= judge(evidence, LIMITS).confidence


@given(st.floats(-10, 10), st.floats(-1, 1), st.floats(0.01, 1), st.floats(0, 1))
def test_a_ramp_runs_from_nothing_to_its_risk(value: float, start: float, width: float, risk: float) -> None:
    up, down = Ramp(start, start + width, risk), Ramp(start + width, start, risk)
    assert 0 <= up(value) <= risk
    assert up(value) + down(value) == pytest.approx(risk)
    assert (up(start), up(start + width)) == (0, pytest.approx(risk))


def test_enlarging_shows_from_the_limit_on() -> None:
    before = judge(SURE, LIMITS)
    assert judge_scale(before, 1.25, LIMITS) == before
    assert judge_scale(before, 1.625, LIMITS).confidence == pytest.approx(0.90)
    after = judge_scale(before, 2.0, LIMITS)
    assert [doubt.code for doubt in after.doubts] == ["UPSCALED"]
    assert "2.00" in after.doubts[0].detail


def test_enlarging_alone_asks_for_nobody_but_with_another_doubt_it_does() -> None:
    assert judge_scale(judge(SURE, LIMITS), 2.0, LIMITS).approved
    pair = judge(replace(SURE, subjects=2), LIMITS)
    assert pair.approved
    after = judge_scale(pair, 2.0, LIMITS)
    assert [doubt.code for doubt in after.reasons] == ["UPSCALED", "MULTIPLE_SUBJECTS"]


def test_a_broken_rule_of_a_preset_is_never_approved() -> None:
    before = judge(SURE, LIMITS)
    assert judge_rules(before, {}, LIMITS) == before
    for limits in (LIMITS, replace(LIMITS, review_below=0.0, rule_risk=0.0)):
        after = judge_rules(before, {"ebay": "B.", "amazon_main": "The fill is 60 %."}, limits)
        assert not after.approved
        assert [doubt.code for doubt in after.reasons] == ["SPEC_FAIL:AMAZON_MAIN", "SPEC_FAIL:EBAY"]
        assert after.reasons[0].detail == "The fill is 60 %."


def test_limits_can_be_set() -> None:
    strict = replace(LIMITS, review_below=0.9)
    assert judge(replace(SURE, subjects=2), LIMITS).approved
    assert not judge(replace(SURE, subjects=2), strict).approved
    assert verdict((), strict).approved

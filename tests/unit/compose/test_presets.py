"""Every preset: a picture that keeps each rule and one that breaks it; and how a preset joins a template."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import ValidationError

from services.compose.catalogue import parse
from services.compose.compliance.report import check
from services.compose.compliance.rules import CHECKS
from services.compose.errors import TemplateInvalid
from services.compose.pipeline import compose
from services.compose.presets import library
from services.compose.presets.apply import apply
from services.compose.presets.library import presets
from services.compose.presets.model import Preset, Rule
from services.compose.presets.table import markdown
from services.kit.pictures import decode, probe
from tests.parts.cutouts import ellipse, rectangle, xmp_of
from tests.parts.presets import BROKEN, DAY, NAME, Picture, kept, template, woven

DOCS = Path(__file__).resolve().parents[3] / "docs" / "presets.md"
HEAVY = {"megapixels"}


EVERY_RULE = [
    pytest.param(
        preset,
        index,
        rule,
        id=f"{preset.name}-{index}-{rule.check}-{rule.level}",
        marks=[pytest.mark.slow] if rule.check in HEAVY else [],
    )
    for preset in presets().values()
    for index, rule in enumerate(preset.rules)
]


@pytest.mark.parametrize(("preset", "index", "rule"), EVERY_RULE)
def test_the_export_of_a_preset_keeps_the_rule(preset: Preset, index: int, rule: Rule) -> None:
    result = kept()[preset.name].rules[index]
    assert (result.rule, result.verdict) == (rule.check, "pass"), result.detail


@pytest.mark.parametrize(("preset", "index", "rule"), EVERY_RULE)
def test_a_picture_that_breaks_the_rule_is_found(preset: Preset, index: int, rule: Rule) -> None:
    data, made = BROKEN[rule.check](Picture(), rule.limits)
    report = check(data, made, preset, "e")
    assert (report.rules[index].rule, report.rules[index].verdict) == (rule.check, rule.level)
    order = ("pass", "warn", "fail")
    assert report.verdict == max((result.verdict for result in report.rules), key=order.index)


def test_every_check_is_asked_for_and_has_a_picture_that_breaks_it() -> None:
    assert {rule.check for preset in presets().values() for rule in preset.rules} == set(CHECKS) == set(BROKEN)


@pytest.mark.parametrize("preset", list(presets().values()), ids=lambda preset: preset.name)
def test_old_rules_are_no_proof(preset: Preset) -> None:
    data, made = Picture().file()
    for day, verdict in ((preset.expires_on - timedelta(days=1), "pass"), (preset.expires_on, "warn")):
        assert check(data, replace(made, day=day), preset, "e").rules[-1].verdict == verdict
    assert preset.verified_on < preset.expires_on
    assert kept()[preset.name].rules[-1].rule == "current"


@pytest.mark.parametrize("preset", list(presets().values()), ids=lambda preset: preset.name)
def test_file_and_name_agree(preset: Preset) -> None:
    resource = Path(str(files("services.compose") / "presets" / f"{preset.name}.yaml"))
    assert library.parse(resource.read_bytes()) == preset


def test_the_table_of_the_docs_is_that_of_the_files() -> None:
    assert markdown(list(presets().values())) in DOCS.read_text(encoding="utf-8")


@pytest.mark.parametrize("change", [b"quality: 10", b"sizes: 1", b"schema: selvage/preset@2"])
def test_what_is_no_preset_is_refused(change: bytes) -> None:
    source = (files("services.compose") / "presets" / "etsy.yaml").read_bytes()
    key = change.split(b":")[0]
    lines = [change if line.strip().startswith(key + b":") else line for line in source.splitlines()]
    with pytest.raises(ValidationError):
        library.parse(b"\n".join(lines if change in lines else [*lines, change]))


# --- joined to a template -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("exports", "line"),
    [
        ([{"name": "a", "preset": "amazon"}], '$.exports[0].preset: "amazon" is not one of aboutyou_bust, ajio,'),
        ([{"name": "a", "preset": "etsy", "width": 100}], "$.exports[0].width: does not go together"),
        ([{"name": "a", "preset": "etsy", "quality": 90}], "$.exports[0].quality: does not go together"),
        ([{"name": "a"}], "$.exports[0].width: is missing"),
        ([{"name": "a", "preset": "etsy"}, {"name": "a", "preset": "ebay"}], "$.exports[1].name: a is used twice"),
        ([{"name": "a", "preset": "etsy", "profile": "adobe"}], '$.exports[0].profile: "adobe" is not one of'),
    ],
)
def test_an_export_that_names_a_preset_wrongly_is_refused(exports: list[dict[str, Any]], line: str) -> None:
    with pytest.raises(TemplateInvalid) as caught:
        parse(template(exports=exports), "t.yaml")
    assert line in caught.value.message


def test_a_jpeg_cannot_stand_on_a_transparent_template() -> None:
    with pytest.raises(TemplateInvalid, match=r"exports\[0\].preset: etsy makes a jpeg"):
        parse(template("etsy", background={"type": "transparent"}), "t.yaml")
    assert parse(template("ebay", background={"type": "transparent"}), "t.yaml").exports[0].preset == "ebay"


def test_what_a_preset_leaves_out_is_the_templates() -> None:
    own = parse(template("etsy", "ebay", background={"type": "solid", "colour": "#112233"}), "t.yaml")
    assert apply(own, presets()["etsy"]).background.colour == (0x11, 0x22, 0x33)
    assert apply(own, presets()["ebay"]).background.colour == (255, 255, 255)
    assert apply(own, presets()["etsy"]).naming == own.naming
    assert apply(own, presets()["shopify_square"]).naming == "{sku}-{image}-{name}-{status}"


def test_a_preset_gives_size_format_and_name(tmp_path: Path) -> None:
    made = compose(*woven(), parse(template("zalando_packshot", "amazon_main"), "t.yaml"), NAME, tmp_path)
    packshot, main = made.exports
    assert (packshot.width, packshot.height, packshot.media_type) == (1801, 2600, "image/jpeg")
    assert main.file_name == "TEE~5f1.2.amazon-main.approved.jpg"
    assert [report.file for report in made.compliance] == [packshot.file_name, main.file_name]
    again = compose(*woven(), parse(template("zalando_packshot", "amazon_main"), "t.yaml"), NAME, tmp_path)
    assert [file.data for file in again.exports] == [packshot.data, main.data]
    assert again.compliance == made.compliance


def test_a_product_cut_by_the_frame_breaks_the_white_border(tmp_path: Path) -> None:
    cut = rectangle(1000, 1000, (0, 200, 900, 800), (20, 20, 20))
    (report,) = compose(cut, None, parse(template("amazon_main"), "t.yaml"), NAME, tmp_path).compliance
    assert report.verdict == "fail"
    assert [result.rule for result in report.failed] == ["border"]


def test_a_photo_too_small_breaks_the_fill(tmp_path: Path) -> None:
    (report,) = compose(ellipse(), None, parse(template("amazon_main"), "t.yaml"), NAME, tmp_path).compliance
    (failed,) = report.failed
    assert failed.rule == "fill"
    assert failed.limit == ">= 85.0%"
    assert failed.measured.startswith("long side 20.")


def test_display_p3_is_embedded_with_the_same_colours(tmp_path: Path) -> None:
    exports = [
        {"name": "s", "width": 200, "format": "png"},
        {"name": "p", "width": 200, "format": "png", "profile": "display-p3"},
        {"name": "m", "preset": "etsy", "profile": "display-p3"},
    ]
    made = compose(ellipse(), None, parse(template(exports=exports), "t.yaml"), NAME, tmp_path)
    plain, wide, market = made.exports
    assert (probe(plain.data).profile, probe(wide.data).profile) == ("sRGB IEC61966-2.1", "Display P3")
    assert b"<photoshop:ICCProfile>Display P3<" in xmp_of(wide.data)
    assert plain.data != wide.data
    assert np.abs(decode(plain.data).rgb.astype(int) - decode(wide.data).rgb).max() <= 2
    assert probe(market.data).profile == "Display P3"
    (report,) = made.compliance
    assert [result.rule for result in report.rules if result.verdict == "warn"] == ["profile"]


def test_the_day_of_the_job_counts_not_the_clock() -> None:
    assert kept()["amazon_main"].rules[-1].measured == f"{DAY}"

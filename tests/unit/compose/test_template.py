"""Templates: the shipped ones, refusals with their JSON path, and the room's promise for any template."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.compose.catalogue import Catalogue, parse
from services.compose.errors import ExportTooLarge, TemplateInvalid, TemplateUnknown
from services.compose.naming import Naming
from services.compose.pipeline import compose
from tests.parts.cutouts import ellipse

NAMES = ["marketplaces", "plain-white", "shelf-grey", "studio-paper-cream", "studio-white", "transparent"]


def minimal(**changes: Any) -> dict[str, Any]:
    data: dict[str, Any] = {
        "schema": "selvage/template@1",
        "name": "t",
        "revision": 1,
        "canvas": {"width": 64, "height": 64},
        "exports": [{"name": "main", "width": 64, "format": "png"}],
    }
    return data | changes


def refusal(data: Any) -> str:
    with pytest.raises(TemplateInvalid) as caught:
        parse(yaml.safe_dump(data).encode(), "t.yaml")
    return caught.value.details["problems"]


def test_every_shipped_template_is_valid() -> None:
    catalogue = Catalogue()
    assert [template.name for template in catalogue.all()] == NAMES
    assert catalogue.get().name == catalogue.default == "studio-white"


def test_the_default_template_gives_three_jpeg_sizes_and_a_webp() -> None:
    exports = Catalogue().get().exports
    assert sorted(spec.width for spec in exports if spec.format == "jpeg") == [600, 1200, 2048]
    assert "webp" in {spec.format for spec in exports}


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(TemplateUnknown, match="plain-white, shelf-grey"):
        Catalogue().get("nope")


def test_a_shop_template_replaces_the_shipped_one_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(minimal(name="studio-white", revision=7)))
    assert Catalogue(tmp_path).get("studio-white").revision == 7


def test_two_shop_templates_of_one_name_are_refused(tmp_path: Path) -> None:
    for file in ("a.yaml", "b.yaml"):
        (tmp_path / file).write_text(yaml.safe_dump(minimal()))
    with pytest.raises(TemplateInvalid, match=r"also the name of a\.yaml"):
        Catalogue(tmp_path)


BACKGROUND = {"type": "solid", "colour": "#ffffff"}
# (what is changed, the line the refusal must hold)
BAD = [
    ({"canvas": {"width": 8, "height": 64}}, "$.canvas.width: 8 must be between 16 and 8192"),
    ({"canvas": {"width": 64}}, "$.canvas.height: is missing"),
    ({"canvas": {"width": True, "height": 64}}, "$.canvas.width: true must be of type integer"),
    ({"colour": "red"}, "$.colour: is not known here; allowed: background, canvas"),
    ({"name": "Upper"}, '$.name: "Upper" must be 1 to 32 lower-case letters'),
    ({"place": {"fill": 1.5}}, "$.place.fill: 1.5 must be between 0.05 and 1"),
    ({"place": {"fill": float("nan")}}, "$.place.fill: must be a finite number"),
    ({"place": {"margin": {"top": "4"}}}, '$.place.margin.top: "4" must be a length'),
    ({"place": {"margin": {"left": "50%", "right": "50%"}}}, "$.place.margin: left and right take 100%"),
    ({"place": {"anchor": {"y": "baseline"}}}, "$.place.anchor.baseline: is missing"),
    ({"place": {"anchor": {"x": "middle"}}}, '$.place.anchor.x: "middle" is not one of left, center, right'),
    ({"background": {"type": "marble"}}, "$.background.type: \"marble\" is not one of solid, paper"),
    ({"background": {"type": "solid"}}, "$.background.colour: is missing"),
    ({"background": {**BACKGROUND, "to": "#000000"}}, "$.background.to: is not known here; allowed: colour, type"),
    ({"background": {**BACKGROUND, "colour": "#fff"}}, '$.background.colour: "#fff" must be a colour'),
    ({"background": {**BACKGROUND, "colour": "#ffffff\n"}}, "$.background.colour"),
    ({"shadow": {"mode": "none", "layers": []}}, "$.shadow.layers"),
    ({"shadow": {"mode": "standard", "layers": [{"kind": "drop", "strength": 2}]}}, "$.shadow.layers[0].strength: 2"),
    ({"shadow": {"mode": "standard", "layers": [{"kind": "drop", "strength": 1, "height": "1%"}]}},
     "$.shadow.layers[0].height: is not known here; allowed: blur, dx, dy, kind, strength"),
    ({"shadow": {"mode": "standard", "layers": [{"kind": "drop", "strength": 1, "blur": "60%"}]}},
     "$.shadow.layers[0].blur: 60% is more than 50%"),
    ({"background": {"type": "transparent"}, "shadow": {"mode": "standard"}}, "$.shadow.mode"),
    ({"background": {"type": "transparent"}, "exports": [{"name": "a", "width": 64, "format": "jpeg"}]},
     "$.exports[0].format: jpeg has no transparency"),
    ({"exports": []}, "$.exports: has 0 entries; allowed: 1 to 16"),
    ({"exports": [{"name": "a", "width": 65, "format": "png"}]}, "$.exports[0]: is larger than the canvas (64 x 64)"),
    ({"exports": [{"name": "a", "width": 64, "format": "png", "quality": 9}]}, "$.exports[0].quality"),
    ({"exports": [{"name": "a", "width": 64, "format": "png"}, {"name": "a", "width": 32, "format": "png"}]},
     "$.exports[1].name: a is used twice"),
    ({"naming": "{sku}_{image}"}, '$.naming: "{sku}_{image}" must be letters'),
    ({"naming": "../{sku}_{image}_{name}"}, "$.naming"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "line"), BAD, ids=[line for _, line in BAD])
def test_a_bad_value_is_refused_with_its_path_and_what_is_allowed(changes: dict[str, Any], line: str) -> None:
    assert line in refusal(minimal(**changes))


def test_every_problem_is_told_at_once() -> None:
    lines = refusal(minimal(name="X", revision=0, colour=1)).splitlines()
    assert [line.split(":")[0] for line in lines] == ["$.colour", "$.name", "$.revision"]


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        (b"[[[", "is not YAML"),
        (b"\xff\xfe\x00", "is not YAML"),
        (b"name: a\nname: b\n", "the key name appears twice"),
        (b"a: &x [1]\nb: *x\n", "aliases are not allowed"),
        (b"[" * 5000, "is nested too deeply"),
        (b"#" * 70_000, "has 70000 bytes"),
        (b"just words", "must be of type object"),
        (b"", "must be of type object"),
    ],
)
def test_what_is_no_template_file_is_refused(source: bytes, problem: str) -> None:
    with pytest.raises(TemplateInvalid, match=r"\$: ") as caught:
        parse(source, "t.yaml")
    assert problem in caught.value.message


# --- any template within the schema ---------------------------------------------------------------------------------

length = st.one_of(
    st.integers(0, 60).map(lambda n: f"{n}%"), st.integers(0, 40).map(lambda n: f"{n}px"), st.just("2.5%")
)
offset = st.one_of(length, length.map(lambda text: f"-{text}"))
colour = st.integers(0, 0xFFFFFF).map(lambda n: f"#{n:06x}")
share = st.floats(0, 1)
anchor = st.one_of(
    st.fixed_dictionaries({}, optional={"x": st.sampled_from(["left", "center", "right"]),
                                        "y": st.sampled_from(["top", "center", "bottom"])}),
    st.fixed_dictionaries({"y": st.just("baseline"), "baseline": st.floats(0.1, 1)}),
)  # fmt: skip
place = st.fixed_dictionaries({}, optional={
    "fill": st.floats(0.05, 1),
    "margin": st.fixed_dictionaries({}, optional=dict.fromkeys(("top", "right", "bottom", "left"), length)),
    "anchor": anchor,
    "snap_cropped_sides": st.booleans(),
    "max_upscale": st.floats(0.1, 8),
    "alpha_threshold": st.integers(1, 255),
})  # fmt: skip
background = st.one_of(
    st.fixed_dictionaries({"type": st.just("solid"), "colour": colour}),
    st.fixed_dictionaries({"type": st.just("gradient"), "colour": colour, "to": colour},
                          optional={"direction": st.sampled_from(["vertical", "horizontal", "radial"])}),
    st.fixed_dictionaries({"type": st.just("paper"), "colour": colour}, optional={
        "falloff": share,
        "texture": st.fixed_dictionaries({}, optional={
            "strength": share, "scale": st.floats(0.25, 8), "seed": st.sampled_from(["sku", "fixed"])})}),
    st.just({"type": "transparent"}),
)  # fmt: skip
layer = st.one_of(
    st.fixed_dictionaries({"kind": st.just("contact"), "strength": share}, optional={"height": length, "blur": length}),
    st.fixed_dictionaries({"kind": st.just("drop"), "strength": share},
                          optional={"dx": offset, "dy": offset, "blur": length}),
    st.fixed_dictionaries({"kind": st.just("cast"), "strength": share},
                          optional={"lean": st.floats(-3, 3), "length": st.floats(0.05, 1), "blur": length}),
)  # fmt: skip
shadow = st.one_of(
    st.just({"mode": "none"}),
    st.fixed_dictionaries({"mode": st.sampled_from(["standard", "original", "auto"])},
                          optional={"layers": st.lists(layer, min_size=1, max_size=4)}),
)  # fmt: skip
export = st.fixed_dictionaries(
    {"name": st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True), "width": st.integers(16, 64),
     "format": st.sampled_from(["jpeg", "png", "webp"])},
    optional={"height": st.integers(16, 64), "max_bytes": st.integers(1000, 20_000)},
)  # fmt: skip
templates = st.fixed_dictionaries(
    {"schema": st.just("selvage/template@1"), "name": st.just("random"), "revision": st.just(1),
     "canvas": st.fixed_dictionaries({"width": st.integers(60, 120), "height": st.integers(60, 120)}),
     "exports": st.lists(export, min_size=1, max_size=2)},
    optional={"place": place, "background": background, "shadow": shadow},
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(templates)
def test_any_template_within_the_schema_renders_or_is_refused_with_a_path(data: dict[str, Any]) -> None:
    try:
        template = parse(yaml.safe_dump(data).encode(), "random.yaml")
    except TemplateInvalid as error:
        assert all(line.startswith("$") for line in error.details["problems"].splitlines())
        return
    with tempfile.TemporaryDirectory() as folder:
        try:
            made = compose(ellipse(60, 48), None, template, Naming("S", "1", "20261123", "approved"), Path(folder))
        except ExportTooLarge as error:
            limits = [spec.max_bytes for spec in template.exports if spec.name == error.details["name"]]
            assert limits == [int(error.details["limit"])]
            return
        assert [(e.name, e.width) for e in made.exports] == [(s.name, s.width) for s in template.exports]
        assert made.psd is not None
        assert made.psd.path.read_bytes()[:4] == b"8BPS"

"""Every family's picture and answer conventions, against the formula of the test's own model files."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from services.segment.errors import CardInvalid, ModelMissing, ModelUnknown, OwnModelUnfit, ProviderMissing
from services.segment.own import folder
from services.segment.own.segmenter import OwnSegmenter
from tests.parts import onnxfiles

IMAGENET = np.array([0.485, 0.456, 0.406], np.float32), np.array([0.229, 0.224, 0.225], np.float32)
ONE, HALF = np.float32(1), np.float32(0.5)
CPU = ("CPUExecutionProvider",)


def opened(file: Path) -> OwnSegmenter:
    return folder.load(folder.inspect(file), 1, CPU)[0]


def gradient(height: int = 96, width: int = 96) -> np.ndarray:
    """A photo whose colours change slowly: resizing it is exact but for rounding."""
    across, down = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    return np.dstack([across, down, 255 - across]).round().astype(np.uint8)


def expected(rgb: np.ndarray, side: int, mean: object, std: object, scale: float = 255.0) -> np.ndarray:
    """The alpha of the test's model for a squashed square photo."""
    small = rgb
    if rgb.shape[:2] != (side, side):
        shrinking = rgb.shape[0] > side
        small = cv2.resize(rgb, (side, side), interpolation=cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR)
    values = (small.astype(np.float32) / np.float32(scale) - mean) / std
    return 1 / (1 + np.exp(-onnxfiles.logits(values)))


# family, side of the graph, sigmoid inside, outputs, which one, claimed weights, side used, mean, std
FAMILIES = [
    ("birefnet", 1024, False, 1, 0, 0, 1024, *IMAGENET),
    ("birefnet", 1024, False, 3, 2, 0, 1024, *IMAGENET),
    ("isnet", 1024, True, 6, -1, 0, 1024, HALF, ONE),
    ("u2net", 320, True, 7, -1, 6_000_000, 320, *IMAGENET),
    ("u2netp", 320, True, 7, -1, 0, 320, *IMAGENET),
    ("inspyrenet", 1024, True, 1, 0, 0, 1024, *IMAGENET),
    ("modnet", None, True, 1, 0, 0, 512, HALF, HALF),
]


@pytest.mark.parametrize(
    ("family", "side", "sigmoid", "outputs", "largest", "weights", "used", "mean", "std"), FAMILIES
)
def test_a_family_is_recognised_and_fed_its_way(
    tmp_path: Path, family: str, side: int | None, sigmoid: bool, outputs: int, largest: int, weights: int, used: int,
    mean: np.ndarray, std: np.ndarray,
) -> None:  # fmt: skip
    file = onnxfiles.write(
        tmp_path / "some.onnx", side=side, family=family.rstrip("p"), sigmoid=sigmoid, outputs=outputs, largest=largest,
        parameters=weights,
    )  # fmt: skip
    spec = folder.inspect(file).spec
    assert spec.family == family
    assert (spec.side, spec.add_sigmoid, spec.output) == (used, not sigmoid, "matte")
    rgb = gradient()
    np.testing.assert_allclose(opened(file).alpha(rgb), expected(rgb, used, mean, std), atol=2e-3)


@pytest.mark.parametrize(
    ("family", "file", "found", "word"),
    [
        ("isnet", "bria-rmbg.onnx", "rmbg-1.4", "non-commercial"),
        ("isnet", "isnet.onnx", "isnet", "DIS5K"),
        ("birefnet", "RMBG-2.0.onnx", "rmbg-2.0", "CC BY-NC"),
        ("u2net", "u2net.onnx", "u2netp", "Apache-2.0"),
    ],
)
def test_the_licence_is_said(tmp_path: Path, family: str, file: str, found: str, word: str) -> None:
    side = 320 if family == "u2net" else 1024
    spec = folder.inspect(onnxfiles.write(tmp_path / file, side=side, family=family)).spec
    assert spec.family == found
    assert word in spec.licence


def test_shapes_alone_tell_u2net_and_isnet() -> None:
    from services.segment.own.families import recognise
    from services.segment.own.protofile import End, Graph

    def graph(side: int, outputs: int) -> Graph:
        ends = tuple(End(str(k), "float", (1, 1, side, side)) for k in range(outputs))
        return Graph((End("input.1", "float", (1, 3, side, side)),), ends, (), frozenset({"1959"}), 44_000_000, "")

    assert getattr(recognise(graph(320, 7), "m.onnx"), "name", "") == "u2net"
    assert getattr(recognise(graph(1024, 12), "m.onnx"), "name", "") == "isnet"
    assert recognise(graph(512, 2), "m.onnx") is None


def test_an_unknown_graph_asks_for_the_card(tmp_path: Path) -> None:
    file = onnxfiles.write(tmp_path / "house model.onnx")
    with pytest.raises(ModelUnknown) as caught:
        folder.inspect(file)
    for word in ("house model.yaml", "geometry, mean, std, licence", "picture [1, 3, 64, 64]"):
        assert word in caught.value.message


def carded(tmp_path: Path, lines: str, **graph: object) -> Path:
    file = onnxfiles.write(tmp_path / "own.onnx", **graph)  # type: ignore[arg-type]
    common = "geometry: squash\nmean: 0\nstd: 1\nlicence: ours\n"
    file.with_suffix(".yaml").write_text(common + lines)
    return file


@pytest.mark.parametrize(
    ("lines", "mean", "std", "scale"),
    [
        ("", 0, 1, 255),
        ("scale: 127.5\n", 0, 1, 127.5),
        ("name: shoes\noutput: matte\nsigmoid: inside\nside: 64\n", 0, 1, 255),
    ],
)
def test_a_card_says_how(tmp_path: Path, lines: str, mean: float, std: float, scale: float) -> None:
    file = carded(tmp_path, lines)
    rgb = gradient()
    np.testing.assert_allclose(opened(file).alpha(rgb), expected(rgb, 64, mean, std, scale), atol=2e-3)
    assert folder.inspect(file).spec.licence == "ours"
    assert folder.inspect(file).spec.name == ("shoes" if "shoes" in lines else "own")


def test_channels_may_be_reversed_and_values_half(tmp_path: Path) -> None:
    file = carded(tmp_path, "channels: bgr\n", half=True)
    rgb = gradient()
    np.testing.assert_allclose(opened(file).alpha(rgb), expected(rgb[..., ::-1], 64, 0, 1), atol=1e-2)


def test_a_missing_sigmoid_is_added_once(tmp_path: Path) -> None:
    rgb = gradient()
    for sigmoid in (False, True):
        file = carded(tmp_path, "", sigmoid=sigmoid)
        np.testing.assert_allclose(opened(file).alpha(rgb), expected(rgb, 64, 0, 1), atol=2e-3)


def test_two_sigmoids_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OwnModelUnfit, match="two would squeeze"):
        folder.inspect(carded(tmp_path, "sigmoid: missing\n", sigmoid=True))


def test_logits_called_alpha_are_refused_at_the_first_answer(tmp_path: Path) -> None:
    segmenter = opened(carded(tmp_path, "sigmoid: inside\n", sigmoid=False))
    with pytest.raises(OwnModelUnfit, match="sigmoid missing"):
        segmenter.segment(gradient(), None)


def test_an_alpha_called_logits_is_refused_at_the_first_answer(tmp_path: Path) -> None:
    """A file whose sigmoid the graph's walk cannot see: here the answer of the bare convolution lies in 0 to 1."""
    segmenter = opened(carded(tmp_path, "scale: 1e6\nmean: [0.1, 0.1, 0.1]\n", sigmoid=False))
    segmenter.segment(gradient(), None)  # 1.5 + 0.6 lies above 1: taken for logits
    small = carded(tmp_path, "scale: 1e6\nmean: [-0.2, -0.2, -0.2]\n", sigmoid=False)
    with pytest.raises(OwnModelUnfit, match="sigmoid inside"):
        opened(small).segment(gradient(), None)


def test_a_stretched_answer_is_noticed(tmp_path: Path) -> None:
    plain = folder.inspect(carded(tmp_path, ""))
    assert not plain.spec.stretched
    stretched = folder.inspect(carded(tmp_path, "", stretched=True))
    assert stretched.spec.stretched
    assert not stretched.spec.add_sigmoid
    assert "full range" in folder.load(stretched, 1, CPU)[1]


def test_an_empty_photo_stays_empty(tmp_path: Path) -> None:
    """No min-max: a photo of one tone has the formula's one alpha everywhere."""
    rgb = np.full((50, 80, 3), 255, np.uint8)
    alpha = opened(carded(tmp_path, "")).alpha(rgb)
    assert alpha.shape == (40, 64)
    np.testing.assert_allclose(alpha, 1 / (1 + np.exp(4.5)), atol=1e-4)


@pytest.mark.parametrize("geometry", ["squash", "letterbox"])
def test_both_geometries_bring_the_product_back_in_place(tmp_path: Path, geometry: str) -> None:
    file = onnxfiles.write(tmp_path / "own.onnx", side=128)
    file.with_suffix(".yaml").write_text(f"geometry: {geometry}\nmean: 0.25\nstd: 0.05\nlicence: ours\n")
    rgb = np.full((400, 300, 3), 255, np.uint8)
    rgb[100:200, 75:225] = 0  # dark is product
    alpha = opened(file).alpha(rgb)
    assert alpha.shape == (128, 96)
    truth = np.zeros((128, 96))
    truth[32:64, 24:72] = 1
    assert np.abs(alpha - truth).max(axis=1)[[0, 20, 50, 70, 127]].max() < 0.5
    assert np.abs(alpha - truth).mean() < 0.01


def test_of_several_maps_the_largest_is_taken(tmp_path: Path) -> None:
    spec = folder.inspect(carded(tmp_path, "", outputs=3, largest=1)).spec
    assert spec.output == "matte"


def test_several_maps_as_large_need_a_word(tmp_path: Path) -> None:
    with pytest.raises(ModelUnknown, match="Say output"):
        folder.inspect(carded(tmp_path, "", outputs=3, largest=-1))
    assert folder.inspect(carded(tmp_path, "output: 0\n", outputs=3, largest=-1)).spec.output == "matte"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("output: 7\n", "no such output"),
        ("output: nothing\n", "no such output"),
        ("side: 96\n", "its graph 64"),
    ],
)
def test_a_card_that_does_not_fit_its_graph_is_refused(tmp_path: Path, lines: str, said: str) -> None:
    with pytest.raises(OwnModelUnfit, match=said):
        folder.inspect(carded(tmp_path, lines))


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("colour: blue\n", "colour"),
        ("std: 0\n", "std"),
        ("mean: [1, 2]\n", "mean"),
        ("family: nonsense\n", "choose one of"),
        ("name: Über\n", "name"),
        ("side: [\n", "while parsing"),
    ],
)
def test_a_card_that_makes_no_sense_is_named(tmp_path: Path, lines: str, said: str) -> None:
    file = onnxfiles.write(tmp_path / "own.onnx")
    file.with_suffix(".yaml").write_text(lines)
    with pytest.raises(CardInvalid) as caught:
        folder.inspect(file)
    assert said in caught.value.message
    assert "own.yaml" in caught.value.message


def test_a_family_may_be_named_for_a_graph_that_is_not_known(tmp_path: Path) -> None:
    file = onnxfiles.write(tmp_path / "own.onnx", side=None)
    file.with_suffix(".yaml").write_text("family: modnet\nside: 96\n")
    rgb = gradient()
    np.testing.assert_allclose(opened(file).alpha(rgb), expected(rgb, 96, 0.5, 0.5), atol=2e-3)


def test_a_provider_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    model = folder.inspect(carded(tmp_path, ""))
    with pytest.raises(ProviderMissing, match="CUDAExecutionProvider"):
        folder.load(model, 1, ("CUDAExecutionProvider", "CPUExecutionProvider"))


@pytest.mark.parametrize("content", [b"", b"no model", b"\x08", bytes(range(256)) * 4, b"\x3a\x05hello"])
def test_a_file_that_is_no_model_is_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "broken.onnx"
    file.write_bytes(content)
    with pytest.raises(ModelMissing, match=r"broken\.onnx"):
        folder.inspect(file)


def test_a_cut_off_model_is_named(tmp_path: Path) -> None:
    whole = onnxfiles.write(tmp_path / "whole.onnx").read_bytes()
    file = tmp_path / "part.onnx"
    for length in range(1, len(whole) - 1, 7):
        file.write_bytes(whole[:length])
        with pytest.raises((ModelMissing, ModelUnknown)):
            folder.inspect(file)

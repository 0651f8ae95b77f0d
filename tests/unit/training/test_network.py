"""The network and its training step. Needs the `train` extra; skips without it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the train extra is not installed")

from training.encoder import CHANNELS, Encoder, _folded  # noqa: E402
from training.generator.scene import Banks, scene  # noqa: E402
from training.losses import LossWeights, Target, loss  # noqa: E402
from training.network import VIEWS, Look, TwoLooks, shrink  # noqa: E402
from training.views import ViewPlan, collate, cut_prior, views  # noqa: E402


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.manual_seed(0)
    torch.set_num_threads(1)


def test_the_encoder_halves_five_times() -> None:
    maps = Encoder()(torch.rand(1, 3, 64, 96))
    assert [tuple(one.shape[1:]) for one in maps] == [
        (c, 64 >> k, 96 >> k) for k, c in zip(range(1, 6), CHANNELS, strict=True)
    ]


def test_the_first_look_is_asked_on_every_grid_and_its_answers_averaged(monkeypatch: pytest.MonkeyPatch) -> None:
    net, rgb = TwoLooks().eval(), torch.linspace(0.1, 0.9, 64).expand(1, 3, 64, 64)
    asked: list[int] = []

    def first(picture: torch.Tensor) -> tuple[torch.Tensor, None]:  # says where the picture is bright
        asked.append(picture.shape[-1])
        return torch.logit(picture[:, :2].clamp(0.01, 0.99)), None

    monkeypatch.setattr(net.first, "forward", first)
    told: list[torch.Tensor] = []
    monkeypatch.setattr(net.second, "forward", lambda picture, prior: (told.append(prior) or picture[:, :2], None))
    net(rgb)
    assert asked == [side for side, _ in VIEWS]
    assert (told[0] - (2 * rgb[:, :2] - 1)).abs().max() < 0.02


def test_at_most_eight_million_parameters() -> None:
    assert sum(value.numel() for value in TwoLooks().parameters()) <= 8_000_000


def test_folding_equals_convolution_and_batch_norm() -> None:
    conv = torch.nn.Conv2d(3, 8, 3, bias=False)
    norm = torch.nn.BatchNorm2d(8, eps=1e-3).eval()
    torch.nn.init.uniform_(norm.running_mean)
    torch.nn.init.uniform_(norm.running_var, 0.5, 2)
    torch.nn.init.normal_(norm.weight)
    raw = {f"c.{k}": v for k, v in conv.state_dict().items()} | {f"n.{k}": v for k, v in norm.state_dict().items()}
    folded = torch.nn.Conv2d(3, 8, 3)
    folded.load_state_dict({k[2:]: v for k, v in _folded(raw, "c", "n", "f").items()})
    x = torch.rand(2, 3, 9, 9)
    assert torch.allclose(folded(x), norm(conv(x)), atol=1e-5)


def test_before_training_the_second_look_only_adds_what_it_was_told() -> None:
    look = Look(prior=2).eval()
    rgb, told = torch.rand(1, 3, 64, 64), torch.rand(1, 2, 64, 64) * 2 - 1
    with torch.inference_mode():
        alone, informed = look(rgb)[0], look(rgb, told)[0]
    assert torch.allclose(informed[:, :1], alone[:, :1] + 3 * told[:, :1], atol=1e-5)
    assert torch.allclose(informed[:, 1:], alone[:, 1:], atol=1e-6)


@pytest.mark.parametrize("side", [64, 160])
def test_the_answer_has_the_pictures_size(side: int) -> None:
    with torch.inference_mode():
        assert TwoLooks().eval()(torch.rand(1, 3, side, side)).shape == (1, 2, side, side)


def test_shrinking_keeps_an_even_tone() -> None:
    assert torch.allclose(shrink(torch.full((1, 3, 512, 512), 0.3)), torch.full((1, 3, 384, 384), 0.3))


def test_a_cut_prior_is_the_crop_of_the_enlarged_one() -> None:
    prior = torch.rand(1, 2, 48, 48)
    large = torch.nn.functional.interpolate(prior, size=(128, 128), mode="bilinear", align_corners=False)
    boxes = torch.tensor([[[40, 20, 32, 32], [0, 96, 32, 32]]]) / 128
    cut = cut_prior(prior, boxes, 32)
    assert torch.allclose(cut[0], large[0, :, 20:52, 40:72], atol=1e-5)
    assert torch.allclose(cut[1], large[0, :, 96:128, 0:32], atol=1e-5)


def _target(alpha):  # type: ignore[no-untyped-def]
    return Target(alpha, torch.ones_like(alpha), torch.zeros_like(alpha))


def test_loss_is_small_at_the_truth_and_grows_with_the_error() -> None:
    alpha = torch.zeros(1, 1, 64, 64)
    alpha[..., 16:48, 16:48] = 1
    coarse = torch.nn.functional.avg_pool2d(alpha, 8) * 40 - 20

    def total(shift: int) -> float:
        z = torch.roll(alpha, shift, -1) * 40 - 20
        return float(loss(torch.cat([z, z.abs()], 1), coarse, _target(alpha), LossWeights())[0])

    assert total(0) < 1e-3
    assert total(0) < total(2) < total(6)


def test_unknown_pixels_do_not_teach() -> None:
    alpha = torch.zeros(1, 1, 32, 32)
    target = Target(alpha, torch.zeros_like(alpha), torch.zeros_like(alpha))
    logits = torch.randn(1, 2, 32, 32, requires_grad=True)
    total, _ = loss(logits, torch.zeros(1, 1, 4, 4), target, LossWeights())
    total.backward()
    assert not logits.grad.any()


def test_views_agree_with_the_scene() -> None:
    rng = np.random.default_rng(0)
    cutout = np.full((60, 60, 4), 255, np.uint8)
    made = scene(rng, Banks([cutout], [], [rng.integers(0, 255, (64, 64, 3), np.uint8)]), 320, "product")
    plan = ViewPlan(crop=64, crops=3)
    whole, crops, boxes = views(rng, made, plan)
    batch = collate([(torch.from_numpy(whole), torch.from_numpy(crops), torch.from_numpy(boxes))])
    assert batch.whole.shape == (1, 6, 384, 384)
    assert batch.crops.shape == (1, 3, 6, 64, 64)
    x, y = (round(float(value) * 320) for value in boxes[0, :2])
    assert np.array_equal(crops[0, :3].transpose(1, 2, 0), made.rgb[y : y + 64, x : x + 64])


@pytest.mark.slow
def test_the_exported_file_answers_as_torch_does(tmp_path: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript", reason="the train extra is not installed")
    import warnings

    from training.export import export

    path = tmp_path / "model.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's own
        digest = export(TwoLooks().eval(), path, side=128)
    assert len(digest) == 64
    assert path.stat().st_size < 16 * 2**20
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    for count, side in ((1, 64), (3, 192)):
        answer = session.run(None, {"rgb": np.zeros((count, side, side, 3), np.uint8)})[0]
        assert answer.shape == (count, side, side, 2)
        assert answer.dtype == np.uint8

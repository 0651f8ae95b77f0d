"""The depthwise backward pass of our own against torch's."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="the train extra is not installed")

from torch.nn import functional as fn  # noqa: E402

from training.depthwise import depthwise  # noqa: E402


@pytest.mark.parametrize("channels_last", [True, False])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize(("channels", "kernel", "side"), [(3, 3, 9), (64, 5, 12), (130, 3, 11)])
def test_gradients_are_those_of_torch(channels: int, kernel: int, side: int, stride: int, channels_last: bool) -> None:
    torch.manual_seed(channels + side)
    x = torch.randn(2, channels, side, side)
    if channels_last:
        x = x.contiguous(memory_format=torch.channels_last)
    x.requires_grad_()
    weight = torch.randn(channels, 1, kernel, kernel, requires_grad=True)
    bias = torch.randn(channels, requires_grad=True)
    theirs = fn.conv2d(x, weight, bias, stride, groups=channels)
    ours = depthwise(x, weight, bias, stride)
    torch.testing.assert_close(ours, theirs)
    told = torch.randn_like(theirs)
    for mine, other in zip(
        torch.autograd.grad(ours, (x, weight, bias), told),
        torch.autograd.grad(theirs, (x, weight, bias), told),
        strict=True,
    ):
        torch.testing.assert_close(mine, other, rtol=1e-4, atol=1e-4)


def test_half_precision_around_it_does_not_reach_it() -> None:
    x = torch.randn(1, 8, 7, 7, requires_grad=True)
    weight, bias = torch.randn(8, 1, 3, 3, requires_grad=True), torch.zeros(8, requires_grad=True)
    with torch.autocast("cpu", torch.bfloat16):
        answer = depthwise(x, weight, bias, 1)
    assert answer.dtype == torch.float32
    torch.testing.assert_close(answer, fn.conv2d(x, weight, bias, groups=8))


def test_without_gradients_it_is_torch() -> None:
    x, weight = torch.randn(1, 8, 7, 7), torch.randn(8, 1, 3, 3)
    with torch.inference_mode():
        assert torch.equal(depthwise(x, weight, torch.zeros(8), 2), fn.conv2d(x, weight, None, 2, groups=8))

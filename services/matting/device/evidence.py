"""Contrast and local background of every cell: field.contrast and field.planes on tensors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch.nn import functional

from services.matting.arrays import F32, F64, FOREGROUND
from services.matting.device.photos import Graph, Loaded, Pixels, Tensor
from services.matting.field import contrast, planes, product, pyramid, shade

_STEP = planes.STEP


@dataclass(frozen=True)
class Plates:
    """linear (B, rows, columns, 3) and sigma (B, rows, columns), 1 and 0 where a photo has none; there: bool (B,)."""

    linear: Tensor
    sigma: Tensor
    there: Tensor

    def shaded(self, sums: Tensor, alphas: Sequence[Tensor], near: Graph) -> tuple[Plates, Tensor]:
        """With the shade of each photo's product on it, and where a law holds, bool (B,); see field.shade. On the host,
        the grids are small."""
        out = Plates(self.linear.clone(), self.sigma.clone(), self.there.clone())
        even = torch.zeros_like(self.there)
        for number, alpha in enumerate(alphas):
            covered = shade.cover(alpha.cpu().numpy(), near.size, planes.STEP)
            rows, columns = covered.shape
            grids = [a[number, :rows, :columns].cpu().numpy() for a in (sums, self.linear, self.sigma)]
            given = (grids[1], grids[2]) if bool(self.there[number]) else None
            own = near.of_photo(number).cpu().numpy()
            own = own[(own < (rows, columns)).all(1)]  # the grid is padded to the largest photo's
            plate = shade.shaded(grids[0], covered, given, own)
            if plate is not None:
                out.there[number] = even[number] = True
                for grid, found in zip((out.linear, out.sigma), plate, strict=True):
                    grid[number, :rows, :columns] = torch.from_numpy(found).to(grid.device)
        return out, even


def _levels(sums: Tensor, reach: int) -> Iterator[tuple[int, bool, Tensor]]:
    """(level, whether it is the last, sums (B, rows, columns, k)), pooled by two from level to level."""
    level = 0
    while True:
        last = pyramid.is_last(sums[0], level, reach)
        yield level, last, sums
        if last:
            return
        rows, columns = sums.shape[1:3]
        sums = functional.pad(sums, (0, 0, 0, columns % 2, 0, rows % 2))
        batch, rows, columns, count = sums.shape
        sums = sums.view(batch, rows // 2, 2, columns // 2, 2, count).sum((2, 4))
        level += 1


def _scattered(values: Tensor, cells: Graph, batch: int) -> Tensor:
    """Sums per cell (n, k) on the padded grids, float32 (B, rows, columns, k)."""
    out = values.new_zeros(batch, *cells.shape, values.shape[1])
    out[cells.place[:, 0], cells.place[:, 1], cells.place[:, 2]] = values
    return out


def variance(photos: Sequence[Loaded], near: Graph, cells: Graph) -> Tensor:
    """The variance of alpha that the colours leave, float32 (n,), at most 100; see field.contrast."""
    pixels = Pixels.of(near, photos, contrast.STEP)
    rgb = pixels.read(near, photos, lambda photo, y, x: photo.rgb[y, x]).flatten(1, 2).float() / 255
    trimap = pixels.read(near, photos, lambda photo, y, x: photo.trimap[y, x]).flatten(1)
    inside = pixels.inside.flatten(1)
    sides = [((trimap == value) & inside).float() for value in (255, 0)]
    products = torch.stack([rgb[..., i] * rgb[..., j] for i in range(3) for j in range(i, 3)], -1)
    terms = torch.cat([torch.ones_like(rgb[..., :1]), rgb, products], -1)
    sums = torch.cat([torch.einsum("np,npk->nk", side, terms) for side in sides], 1)
    enough = (cells.size / contrast.STEP) ** 2 * 2
    found = _gathered(_scattered(sums, near, len(photos)), enough, cells)
    return torch.from_numpy(contrast.told(*found)).to(sums.device)


def product_colours(
    photos: Sequence[Loaded], lut: Tensor, alphas: Sequence[Tensor], near: Graph, cells: Graph
) -> tuple[F32, F32]:
    """Mean and covariance of the product's colours float32 (n, 9), and known (n,), see field.product.survey."""
    masks = [
        (photo.trimap == FOREGROUND) | ((photo.trimap > 0) & (alpha > product.ALONE))
        for photo, alpha in zip(photos, alphas, strict=True)
    ]
    alone = [
        mask & ((photo.trimap == FOREGROUND) | _as_its_neighbours(mask, product.STEP))
        for photo, mask in zip(photos, masks, strict=True)
    ]
    pixels = Pixels.of(near, photos, product.STEP)
    light = lut[pixels.read(near, photos, lambda photo, y, x: photo.rgb[y, x]).long()].flatten(1, 2)
    clear = (_read(pixels, near, photos, alone) & pixels.inside).flatten(1).float()
    products = torch.stack([light[..., i] * light[..., j] for i in range(3) for j in range(i, 3)], -1)
    terms = torch.cat([torch.ones_like(light[..., :1]), light, products], -1)
    sums = torch.einsum("np,npk->nk", clear, terms)
    enough = product.ENOUGH * (cells.size / product.STEP) ** 2
    return product.told(*_gathered(_scattered(sums, near, len(photos)), enough, cells))


def _gathered(sums: Tensor, enough: float, cells: Graph) -> list[F64]:
    """Moments (n, 9) and trust (n,) of each side of sums (B, rows, columns, 10 a side), see field.contrast.gather."""
    count = sums.shape[-1] // contrast.SIDE
    out = [torch.zeros(len(cells), 9, dtype=torch.float64, device=sums.device) for _ in range(count)]
    trust = [torch.zeros(len(cells), dtype=torch.float64, device=sums.device) for _ in range(count)]
    place = cells.place
    bell = torch.tensor([1.0, 2.0, 1.0], device=sums.device)
    kernel = (bell[:, None] * bell)[None, None].expand(sums.shape[-1], 1, 3, 3)
    for level, last, grid in _levels(sums, 1):
        around = functional.conv2d(grid.permute(0, 3, 1, 2), kernel, padding=1, groups=sums.shape[-1])
        found = around[place[:, 0], :, place[:, 1] >> level, place[:, 2] >> level].double()
        for side in range(count):
            acc = found[:, side * contrast.SIDE : (side + 1) * contrast.SIDE]
            many = acc[:, 0]
            share = torch.ones_like(many) if last else (many / enough).clamp(max=1)
            weight = torch.where(many > 1e-6, (1 - trust[side]) * share, 0)[:, None]
            means = acc[:, 1:] / many.clamp(min=1e-6)[:, None]
            centre = means[:, :3]
            spread = means[:, 3:] - torch.stack([centre[:, i] * centre[:, j] for i in range(3) for j in range(i, 3)], 1)
            out[side] += weight * torch.cat([centre, spread], 1)
            trust[side] += weight[:, 0]
        if all(bool((one >= 1).all()) for one in trust):
            break
    return [a.cpu().numpy() for pair in zip(out, trust, strict=True) for a in pair]


def _as_its_neighbours(mask: Tensor, step: int) -> Tensor:
    """bool (H, W), set where all pixels `step` away are, as far as the photo goes."""
    wide = functional.pad(mask, (step,) * 4, value=True)
    far, near = slice(2 * step, None), slice(step, -step)
    return wide[near, far] & wide[near, : -2 * step] & wide[far, near] & wide[: -2 * step, near]


def _read(pixels: Pixels, near: Graph, photos: Sequence[Loaded], maps: Sequence[Tensor]) -> Tensor:
    """Maps of the photos, (H, W) each, at the pixels."""
    numbered = {id(photo): one for photo, one in zip(photos, maps, strict=True)}
    return pixels.read(near, photos, lambda photo, y, x: numbered[id(photo)][y, x])


def background(
    photos: Sequence[Loaded], lut: Tensor, alphas: Sequence[Tensor], below: float, near: Graph, cells: Graph,
    plates: Plates, shaded: bool = False,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:  # fmt: skip
    """Colour float32 (n, 3) in the light of lut, its deviation (n,), known (n,) and plain paper bool (n,), see
    field.planes.fit. alphas: float32 (H, W) of each photo. shaded: foretells the product's shade from them."""
    sums = _scattered(_background_sums(photos, lut, alphas, below, near), near, len(photos))
    even = torch.zeros_like(plates.there)
    if shaded:
        plates, even = plates.shaded(sums, alphas, near)
    grid = plates.linear.clamp(min=1e-3)
    sums[..., 1:4] /= grid
    sums[..., 6] /= grid.mean(-1) ** 2
    colour = torch.zeros(len(cells), 3, dtype=torch.float64, device=sums.device)
    spread, trust, far = (torch.zeros_like(colour[:, 0]) for _ in range(3))
    enough = (cells.size / _STEP) ** 2
    for level, last, grid in _levels(sums, 3):
        total, here, wide = _plane(grid, level, cells)
        share = torch.ones_like(total) if last else (total / (enough * 4**level)).clamp(max=1)
        weight = torch.where(total > 1e-6, (1 - trust) * share, 0)
        colour += weight[:, None] * here
        spread += weight * wide
        trust += weight
        far += weight * level
        if bool((trust >= 1).all()):
            break
    found = trust > 1e-6
    divisor = torch.where(found, trust, 1)
    colour, spread = colour / divisor[:, None], spread / divisor
    at = cells.place.unbind(1)
    paper, sigma, there = plates.linear[at].double(), plates.sigma[at].double(), plates.there[at[0]]
    light = paper.mean(-1)
    relative = (sigma / light.clamp(min=1e-3)) ** 2 + 1e-5
    local = torch.where(found, 1 / ((spread + 1e-5) * 4 ** (far / divisor)), 0)
    say = torch.where(even[at[0]], shade.SAY, planes.PLATE_SAY)
    share = (local / (local + say / relative))[:, None]
    colour = torch.where(there[:, None], (share * colour + 1 - share) * paper, colour)
    spread = torch.where(there, torch.where(found, spread, relative) * light**2, spread)
    found = found | there
    return colour.clamp(0, 1).float(), spread.sqrt().float(), found.float(), even[at[0]]


def _background_sums(
    photos: Sequence[Loaded], lut: Tensor, alphas: Sequence[Tensor], below: float, near: Graph
) -> Tensor:
    """(n, 7) count, r, g, b, sum x, sum y, sum of squared luminance of clear background in each cell."""
    clear_maps = []
    for photo, alpha in zip(photos, alphas, strict=True):
        is_background = (photo.trimap == 0) | ((photo.trimap < 255) & (alpha < below))
        clear_maps.append(is_background & ((photo.trimap == 0) | _as_its_neighbours(is_background, _STEP)))
    pixels = Pixels.of(near, photos, _STEP)
    light = lut[pixels.read(near, photos, lambda photo, y, x: photo.rgb[y, x]).long()].flatten(1, 2)
    clear = _read(pixels, near, photos, clear_maps) & pixels.inside
    mean = light.mean(-1, keepdim=True)
    position = torch.stack([pixels.x, pixels.y], -1).flatten(1, 2).float()
    terms = torch.cat([torch.ones_like(mean), light, position, mean * mean], -1)
    return torch.einsum("np,npk->nk", clear.flatten(1).float(), terms)


def _plane(grid: Tensor, level: int, cells: Graph) -> tuple[Tensor, Tensor, Tensor]:
    """Weight (n,), colour (n, 3) and spread (n,) of the plane through the 7 x 7 cells of this level about each cell."""
    scale = 1 << level
    edge = cells.size * scale
    padded = functional.pad(grid, (0, 0, 3, 3, 3, 3))
    span = torch.arange(7, device=grid.device)
    rows = (cells.place[:, 1] // scale)[:, None, None] + span[:, None]
    columns = (cells.place[:, 2] // scale)[:, None, None] + span
    near = padded[cells.place[:, 0, None, None], rows, columns].flatten(1, 2).double()
    count = near[..., 0]
    some = count.clamp(min=1e-9)
    centre = (cells.place[:, 1:].double() + 0.5) * cells.size - 0.5
    dx, dy = (near[..., 4] / some - centre[:, 1:]) / edge, (near[..., 5] / some - centre[:, :1]) / edge
    per = torch.where(count > 0, torch.exp(-0.5 * (dx * dx + dy * dy) / planes.SPREAD), 0)
    weight = count * per
    total = weight.sum(1)
    safe = total.clamp(min=1e-6)
    mx, my = (weight * dx).sum(1) / safe, (weight * dy).sum(1) / safe
    vxx = (weight * dx * dx).sum(1) / safe - mx * mx + planes.SLOPE_RIDGE
    vyy = (weight * dy * dy).sum(1) / safe - my * my + planes.SLOPE_RIDGE
    vxy = (weight * dx * dy).sum(1) / safe - mx * my
    inverse = 1 / (vxx * vyy - vxy * vxy)
    values = per[..., None] * near[..., 1:4]
    mean = values.sum(1) / safe[:, None]
    hx = (values * dx[..., None]).sum(1) / safe[:, None] - mx[:, None] * mean
    hy = (values * dy[..., None]).sum(1) / safe[:, None] - my[:, None] * mean
    bx = (vyy[:, None] * hx - vxy[:, None] * hy) * inverse[:, None]
    by = (vxx[:, None] * hy - vxy[:, None] * hx) * inverse[:, None]
    gx, gy, grey = bx.mean(1), by.mean(1), mean.mean(1)
    explained = gx * gx * (vxx - planes.SLOPE_RIDGE) + gy * gy * (vyy - planes.SLOPE_RIDGE) + 2 * gx * gy * vxy
    spread = ((per * near[..., 6]).sum(1) / safe - grey * grey - explained).clamp(min=0)
    return total, mean - bx * mx[:, None] - by * my[:, None], spread

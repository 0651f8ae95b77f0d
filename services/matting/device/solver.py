"""field.solve on tensors, for several photos at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from services.kit.paper import Plate
from services.matting.arrays import F32, U8
from services.matting.device import evidence, system
from services.matting.device.photos import Graph, Loaded, Pixels, Tensor, between, bilinear, graph, grown, unknown
from services.matting.field import Band, FieldOptions, cells, law, planes, product
from services.matting.field.band import SECOND_LOOK, plate_grid
from services.matting.field.solver import LEAST, SAMPLES


@dataclass(frozen=True)
class Photo:
    """What field.solve takes: rgb uint8 (H, W, 3), trimap uint8 (H, W), prior and belief float32 (h, w), plate."""

    rgb: U8
    trimap: U8
    prior: F32
    belief: F32
    plate: Plate | None = None


def solve(photos: Sequence[Photo], options: FieldOptions, device: str) -> list[tuple[F32, Band]]:
    """Alpha float32 (H, W) and band of every photo."""
    if not photos:
        return []
    sizes = {options.size or cells.cell_size(photo.trimap.size) for photo in photos}
    if len(sizes) > 1:
        raise ValueError(f"photos of cell sizes {sorted(sizes)} in one call; say options.size, or call twice")
    with torch.inference_mode():
        return _Run(photos, options, device, sizes.pop()).result()


class _Run:
    """One call: everything on the device, and what comes back of it."""

    def __init__(self, photos: Sequence[Photo], options: FieldOptions, device: str, size: int) -> None:
        self._options = options
        self._photos = [Loaded.of(p.rgb, p.trimap, p.prior, p.belief, device) for p in photos]
        self._lut = torch.from_numpy(np.ascontiguousarray(options.lut)).to(device)
        self._table = torch.from_numpy(law.thresholds(options.law)).to(device)
        mask = unknown(self._photos, size)
        self._active, near = graph(grown(mask, 1), size), graph(grown(mask, planes.REACH), size)
        self._near = near
        self._hosts = [_host(self._active, number, photo.trimap.shape) for number, photo in enumerate(self._photos)]
        self._plates = self._laid([plate_grid(p.plate, host) for p, host in zip(photos, self._hosts, strict=True)])
        self._alphas = [(photo.trimap == 255).float() for photo in self._photos]
        count = len(self._active)
        zeros = torch.zeros(count, device=device)
        self._background, self._deviation, self._variance, self._residual = (
            zeros[:, None].expand(-1, 3),
            zeros,
            zeros,
            zeros,
        )
        if count:
            self._variance = evidence.variance(self._photos, near, self._active)
            self._strength = self._variance**options.law.steep
            self._untold = self._untold_by_cell()
            for turn in range(options.passes):
                self._turn(turn)

    def _laid(self, plates: Sequence[tuple[F32, F32] | None]) -> evidence.Plates:
        """The plates on the padded grids."""
        shape = (len(plates), *self._active.shape)
        linear, sigma = np.ones((*shape, 3), np.float32), np.zeros(shape, np.float32)
        for number, plate in enumerate(plates):
            if plate is not None:
                high, wide = plate[1].shape
                linear[number, :high, :wide], sigma[number, :high, :wide] = plate
        there = np.array([plate is not None for plate in plates])
        return evidence.Plates(*(torch.from_numpy(a).to(self._lut.device) for a in (linear, sigma, there)))

    def _turn(self, turn: int) -> None:
        """Background, moments, system and alpha once; all but the last turn look at fewer pixels, as field.solve."""
        options, active = self._options, self._active
        step = 1 if turn + 1 == options.passes else planes.STEP
        below = SECOND_LOOK if turn else -1.0
        self._background, self._deviation, found, even = evidence.background(
            self._photos, self._lut, self._alphas, below, self._near, active, self._plates, shaded=turn > 0
        )
        every, known, right, energy = self._moments(max(step, active.size // SAMPLES))
        plain = found / (1 + (self._deviation / options.texture) ** 2)
        offset = options.offset * plain + 1e-6
        diagonal, edges = system.assemble(active, every, known, options.smooth, options.ridge, offset.double())
        towards = right
        share = options.pull * plain * even * self._untold
        if bool((share > LEAST).any()):
            seen, slopes = self._reading()
            pulled = (share * seen)[:, None, None] * every
            diagonal = diagonal + pulled
            towards = right + torch.einsum("nij,nj->ni", pulled, slopes)
        z = system.solve(system.hierarchy(active, diagonal, edges), towards)
        quadratic = torch.einsum("ni,nij,nj->n", z, known, z) - 2 * (right * z).sum(1) + energy
        self._residual = (quadratic / known[:, 3, 3].clamp(min=1e-6)).clamp(min=0).float()
        self._evaluate(z.float(), step)

    def _reading(self) -> tuple[Tensor, Tensor]:
        """How much the reading by local colours is worth (n,) and its slopes (n, 4), float64; see field.product. What
        is done per cell is done on the host."""
        colours, seen = evidence.product_colours(self._photos, self._lut, self._alphas, self._near, self._active)
        told, unsure = product.reading(colours, self._background.cpu().numpy(), self._deviation.cpu().numpy())
        worth = seen / (1 + unsure / self._options.unsure)
        slopes = np.pad(told, ((0, 0), (0, 1)))
        return tuple(torch.from_numpy(a).to(self._lut.device) for a in (worth.astype(np.float64), slopes))

    def _untold_by_cell(self) -> Tensor:
        """How far the models told nothing, (n,); see field.law. On the host, it is little."""
        told = [
            law.untold(host, photo.belief.cpu().numpy(), (int(photo.trimap.shape[0]), int(photo.trimap.shape[1])))
            for host, photo in zip(self._hosts, self._photos, strict=True)
        ]
        return torch.from_numpy(np.concatenate(told)).to(self._lut.device)

    def _moments(self, step: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """every and known (n, 4, 4), right (n, 4), energy (n,), float64; see field.moments."""
        weighing, pixels = self._options.law, Pixels.of(self._active, self._photos, step)
        light = self._light(pixels) - between(self._background, self._active, pixels.offsets)
        x = torch.cat([light, torch.ones_like(light[..., :1])], -1).flatten(1, 2)
        trimap = self._trimap(pixels).flatten(1)
        open_pixels = (trimap > 0) & (trimap < 255)
        prior, told = (
            map_.flatten(1) for map_ in self._told(pixels, self._strength[:, None, None].expand(pixels.inside.shape))
        )
        weight = torch.where(open_pixels, weighing.floor + (weighing.top - weighing.floor) * told, 1.0)
        target = torch.where(open_pixels, prior, (trimap == 255).float())
        inside = pixels.inside.flatten(1).float()
        scale = float(step * step)
        weight = weight * inside
        every = torch.einsum("np,npi,npj->nij", inside, x, x)
        known = torch.einsum("np,npi,npj->nij", weight, x, x)
        right = torch.einsum("np,npi->ni", weight * target, x)
        energy = (weight * target * target).sum(1)
        return scale * every.double(), scale * known.double(), scale * right.double(), scale * energy.double()

    def _evaluate(self, z: Tensor, step: int) -> None:
        """Writes the alphas at unknown pixels, see field.evaluate."""
        pixels = Pixels.of(self._active, self._photos, step)
        values = torch.cat([self._background, z, self._strength.float()[:, None]], 1)
        here = between(values, self._active, pixels.offsets)
        result = ((here[..., 3:6] * (self._light(pixels) - here[..., :3])).sum(-1) + here[..., 6]).clamp(0, 1)
        prior, told = self._told(pixels, here[..., 7])
        result = (result + told * (prior - result)).clamp(0, 1)
        trimap = self._trimap(pixels)
        wanted = pixels.inside & (trimap > 0) & (trimap < 255)
        for number, alpha in enumerate(self._alphas):
            own = self._active.place[:, 0] == number
            at = wanted[own]
            alpha[pixels.y[own][at], pixels.x[own][at]] = result[own][at]

    def _light(self, pixels: Pixels) -> Tensor:
        return self._lut[pixels.read(self._active, self._photos, lambda photo, y, x: photo.rgb[y, x]).long()]

    def _trimap(self, pixels: Pixels) -> Tensor:
        return pixels.read(self._active, self._photos, lambda photo, y, x: photo.trimap[y, x])

    def _told(self, pixels: Pixels, strength: Tensor) -> tuple[Tensor, Tensor]:
        """The model's alpha at the pixels and its share, both (n, p, p); see field.law."""

        def both(photo: Loaded, y: Tensor, x: Tensor) -> Tensor:
            shape = photo.trimap.shape
            return torch.stack([bilinear(photo.prior, y, x, shape), bilinear(photo.belief, y, x, shape)], -1)

        prior, belief = pixels.read(self._active, self._photos, both).unbind(-1)
        codes = (belief * 255 + 0.5).long().clamp(0, 255)
        return prior, torch.nan_to_num(strength / (strength + self._table[codes]))

    def result(self) -> list[tuple[F32, Band]]:
        columns = (self._background, self._deviation, self._variance, self._residual)
        out = []
        for number, (alpha, host) in enumerate(zip(self._alphas, self._hosts, strict=True)):
            own = self._active.place[:, 0] == number
            out.append((alpha.cpu().numpy(), Band(host, *(column[own].float().cpu().numpy() for column in columns))))
        return out


def _host(active: Graph, number: int, shape: tuple[int, int]) -> cells.Cells:
    """One photo's cells as the rest of the room knows them, on its own grid."""
    mask = np.zeros((-(-shape[0] // active.size), -(-shape[1] // active.size)), np.uint8)
    place = active.of_photo(number).cpu().numpy()
    mask[place[:, 0], place[:, 1]] = 1
    return cells.from_mask(mask, active.size)

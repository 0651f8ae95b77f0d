"""One rectangle of a matte solved again after a stroke, as the whole solve would have it, in a fraction of the time.

The rectangle is cut out with a margin, on the cell grid of the whole photo, and solved like a photo of its own. In the
margin the old alpha is the truth. The evidence of the field comes from near by; where there is none near, in the middle
of a wide mesh, the margin is widened until both sides are seen. At the rim of the rectangle the new values go over
into the old ones.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from services.kit.boxes import Box
from services.kit.paper import Plate
from services.matting import confidence as doubt
from services.matting import foreground, strokes
from services.matting.arrays import BACKGROUND, F32, FOREGROUND, U8, UNKNOWN
from services.matting.by_name import SolverOptions, solved
from services.matting.errors import MapsDoNotFit, NothingPainted
from services.matting.field.cells import cell_size
from services.matting.light import LINEAR_LIGHT, Light, named
from services.matting.strokes import Stroke

# In cells: what is solved beyond the rectangle at least, how far inside its rim old values fade, and how many of
# known foreground and of known background there must be.
_MARGIN, _RIM, _SEEDS = 8, 1, 2
_CLEAR = 0.01


@dataclass(frozen=True)
class Layers:
    """What a solve gave, or a part of it: alpha float32 (H, W), confidence uint8 (H, W), trimap uint8 (H, W) of 0, 128,
    255, foreground uint8 (H, W, 3) encoded sRGB."""

    alpha: F32
    confidence: U8
    trimap: U8
    foreground: U8

    def part(self, box: Box) -> Layers:
        """A copy of the layers within the box."""
        place = np.s_[box.top : box.bottom, box.left : box.right]
        return Layers(
            self.alpha[place].copy(), self.confidence[place].copy(), self.trimap[place].copy(),
            self.foreground[place].copy(),
        )  # fmt: skip

    def lay(self, patch: Patch) -> None:
        """Writes the patch into its box, in place; outside of it nothing changes."""
        place = np.s_[patch.box.top : patch.box.bottom, patch.box.left : patch.box.right]
        self.alpha[place], self.confidence[place] = patch.layers.alpha, patch.layers.confidence
        self.trimap[place], self.foreground[place] = patch.layers.trimap, patch.layers.foreground


@dataclass(frozen=True)
class Patch:
    """New layers of the box; everything outside it stays as it was."""

    box: Box
    layers: Layers


def resolve(
    rgb: U8,
    before: Layers,
    prior: F32,
    belief: F32,
    painted: Sequence[Stroke],
    plate: Plate | None = None,
    options: SolverOptions | None = None,
    box: Box | None = None,
    light: Light | None = None,
    go_on: Callable[[], None] = lambda: None,
) -> Patch:
    """The layers of one window with these strokes on the trimap.

    rgb: uint8 (H, W, 3) encoded sRGB. before: the layers of the whole photo as they are. prior, belief: the model's
    alpha and confidence, float32 (h, w) of any resolution. box: the window; None takes what the strokes reach. light:
    that the whole was solved in; None for linear. go_on: called between the steps; it raises to stop the work. Raises
    NothingPainted, MapsDoNotFit, UnknownSolver, SolverNeedsMemory.
    """
    height, width = rgb.shape[:2]
    if not painted and box is None:
        raise NothingPainted
    if before.alpha.shape != (height, width):
        raise MapsDoNotFit(problem=f"the photo is {width} x {height}, alpha {before.alpha.shape[::-1]}")
    options, light = options or SolverOptions(), light or named(LINEAR_LIGHT)
    size = options.field.size or cell_size(height * width)
    frame = Box(0, 0, width, height)
    box = _within(box or _grown(strokes.bounds(painted), 2 * size), frame)
    told = strokes.doubted(belief, painted, (height, width))
    margin = _MARGIN * size
    while True:
        outer = _within(_snapped(_grown(box, margin), size), frame)
        around = before.part(outer)
        values = strokes.painted(around.trimap, painted, (outer.left, outer.top))
        near_prior, near_belief = _sampled(prior, outer, frame), _sampled(told, outer, frame)
        inner = Box(box.left - outer.left, box.top - outer.top, box.width, box.height)
        _hold(around.alpha, inner, values, near_prior, near_belief)
        enough = min(np.count_nonzero(values == seed) for seed in (BACKGROUND, FOREGROUND)) >= _SEEDS * size * size
        if enough or outer == frame:
            break
        margin *= 2
    photo = np.ascontiguousarray(rgb[outer.top : outer.bottom, outer.left : outer.right])
    near_plate = _plate(plate, outer, frame, size)
    here = dataclasses.replace(options, field=dataclasses.replace(options.field, size=size))
    go_on()
    alpha, band = solved(photo, values, near_prior, near_belief, near_plate, light, here, go_on)
    go_on()
    sure = doubt.merge(values, alpha, near_belief, band, options.field.law)
    colours = foreground.recover(photo, values, alpha, band, light)
    go_on()
    fresh = Layers(alpha, sure, values, colours).part(inner)
    return Patch(box, _faded(before.part(box), fresh, _weight(box, frame, _RIM * size)))


def _grown(box: Box, by: int) -> Box:
    return Box(box.left - by, box.top - by, box.width + 2 * by, box.height + 2 * by)


def _within(box: Box, frame: Box) -> Box:
    left, top = max(box.left, frame.left), max(box.top, frame.top)
    right, bottom = min(box.right, frame.right), min(box.bottom, frame.bottom)
    if right <= left or bottom <= top:
        raise NothingPainted
    return Box(left, top, right - left, bottom - top)


def _snapped(box: Box, size: int) -> Box:
    """The least box of whole cells about this one."""
    left, top = box.left // size * size, box.top // size * size
    right, bottom = -(-box.right // size) * size, -(-box.bottom // size) * size
    return Box(left, top, right - left, bottom - top)


def _sampled(grid: F32, box: Box, frame: Box) -> F32:
    """A coarse map at every pixel of the box, float32, as field.sampling reads it there."""
    rows, row_shares = _steps(grid.shape[0], frame.height, box.top, box.bottom)
    columns, column_shares = _steps(grid.shape[1], frame.width, box.left, box.right)
    below, right = np.minimum(rows + 1, grid.shape[0] - 1), np.minimum(columns + 1, grid.shape[1] - 1)
    upper = grid[rows][:, columns] * (1 - column_shares) + grid[rows][:, right] * column_shares
    lower = grid[below][:, columns] * (1 - column_shares) + grid[below][:, right] * column_shares
    return np.ascontiguousarray(upper + (lower - upper) * row_shares[:, None], np.float32)


def _hold(old: F32, inner: Box, values: U8, prior: F32, belief: F32) -> None:
    """Beyond the window the old alpha is the truth: clear pixels are seeds, mixed ones the best prior there is."""
    beyond = np.ones(values.shape, bool)
    beyond[inner.top : inner.bottom, inner.left : inner.right] = False
    beyond &= values == UNKNOWN
    prior[beyond], belief[beyond] = old[beyond], 1
    values[beyond & (old >= 1 - _CLEAR)] = FOREGROUND
    values[beyond & (old <= _CLEAR)] = BACKGROUND


def _steps(cells: int, pixels: int, start: int, end: int) -> tuple[np.ndarray[tuple[int], np.dtype[np.intp]], F32]:
    at = np.clip((np.arange(start, end, dtype=np.float64) + 0.5) * (cells / pixels) - 0.5, 0, cells - 1)
    low = at.astype(np.intp)
    return low, (at - low).astype(np.float32)


def _plate(plate: Plate | None, box: Box, frame: Box, size: int) -> Plate | None:
    """The plate at the cells of the box, read off as the whole photo's grid would."""
    if plate is None or not plate.usable:
        return None
    rows, columns = -(-frame.height // size), -(-frame.width // size)
    top, left = box.top // size, box.left // size
    bottom, right = -(-box.bottom // size), -(-box.right // size)
    linear, sigma = plate.rows(top, bottom, rows, columns)
    cut = np.s_[:, left:right]
    return dataclasses.replace(plate, linear=np.ascontiguousarray(linear[cut]), sigma=np.ascontiguousarray(sigma[cut]))


def _weight(box: Box, frame: Box, rim: int) -> F32:
    """float32 (h, w) of the box: 1 inside, falling to 0 at those sides that are not the photo's own."""

    def ramp(length: int, open_start: bool, open_end: bool) -> F32:
        at = np.arange(length, dtype=np.float32)
        start = np.minimum(1, (at + 0.5) / rim) if open_start else np.ones(length, np.float32)
        end = np.minimum(1, (length - at - 0.5) / rim) if open_end else np.ones(length, np.float32)
        return np.asarray(np.minimum(start, end), np.float32)

    across = ramp(box.width, box.left > frame.left, box.right < frame.right)
    down = ramp(box.height, box.top > frame.top, box.bottom < frame.bottom)
    return np.minimum(across[None], down[:, None])


def _faded(old: Layers, new: Layers, weight: F32) -> Layers:
    """The new layers, going over into the old ones where both are unknown; a stroke stands as it was painted."""
    weight = np.where((old.trimap == UNKNOWN) & (new.trimap == UNKNOWN), weight, np.float32(1))
    codes = old.confidence + weight * (new.confidence.astype(np.float32) - old.confidence)
    colours = old.foreground + weight[..., None] * (new.foreground.astype(np.float32) - old.foreground)
    return Layers(
        old.alpha + weight * (new.alpha - old.alpha),
        np.rint(codes).astype(np.uint8),
        new.trimap,
        np.rint(colours).astype(np.uint8),
    )

"""The layered-file writer against psd-tools and PhotoshopAPI: the same layers, 6000 x 4000, each in its own process.

    python -m benchmarks.compose.psd [--runs 1]

Layers: paper, and a group of a shadow (multiply) and the product under a mask; 8 bits, run-length coded, with the
merged image where the writer can keep one (PhotoshopAPI cannot). psd-tools appears twice: as its users call it, where
`save()` blends the merged image anew, and with the merged image handed over past its public interface. Inputs are
mapped from files; "memory" is the peak less what was held before writing. "x" compares CPU seconds and memory.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.compose import inputs

WRITERS = ("selvage", "psd-tools save()", "psd-tools record", "PhotoshopAPI")


@dataclass(frozen=True)
class Pictures:
    paper: np.ndarray  # uint8 (H, W, 3), as the others
    shadow: np.ndarray
    product: np.ndarray
    mask: np.ndarray  # uint8 (H, W)
    flat: np.ndarray


def make(folder: Path) -> None:
    inputs.make(folder)
    photo, foreground, alpha = inputs.load(folder)
    mask = np.rint(alpha * 255).astype(np.uint8)
    rng = np.random.default_rng(1)
    paper = (235 + rng.normal(0, 2, (*mask.shape, 1))).clip(0, 255).astype(np.uint8).repeat(3, axis=2)
    shadow = np.roll(255 - mask // 3, 120, axis=0)[..., None].repeat(3, axis=2)
    arrays = {"paper": paper, "shadow": shadow, "product": foreground, "mask": mask, "flat": photo}
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", np.ascontiguousarray(array))


def selvage(pictures: Pictures, path: Path) -> None:
    from services.compose.psd.model import Constant, Document, Group, Layer, channels
    from services.compose.psd.writer import write
    from services.kit.pictures import srgb_profile

    height, width = pictures.mask.shape
    solid = Constant(255, (height, width))
    group = Group(
        "Product",
        (
            Layer("Shadow", channels(pictures.shadow), solid, blend=b"mul "),
            Layer("Cut-out", channels(pictures.product), solid, mask=pictures.mask),
        ),
    )
    layers = (Layer("Background", channels(pictures.paper), solid), group)
    with path.open("w+b") as file:
        write(Document(width, height, 300, layers, channels(pictures.flat), srgb_profile()), file)


def psd_tools_save(pictures: Pictures, path: Path) -> None:
    _psd_tools(pictures).save(path)


def psd_tools_record(pictures: Pictures, path: Path) -> None:
    from psd_tools.constants import Compression

    record = _psd_tools(pictures)._record
    record.image_data.compression = Compression.RLE
    record.image_data.set_data([np.ascontiguousarray(pictures.flat[..., c]).tobytes() for c in range(3)], record.header)
    with path.open("wb") as file:
        record.write(file)


def _psd_tools(pictures: Pictures) -> Any:
    from PIL import Image
    from psd_tools import PSDImage
    from psd_tools.constants import BlendMode, Compression

    height, width = pictures.mask.shape
    psd = PSDImage.new("RGB", (width, height))

    def layer(name: str, rgb: np.ndarray) -> Any:
        return psd.create_pixel_layer(Image.fromarray(rgb), name=name, compression=Compression.RLE)

    layer("Background", pictures.paper)
    shadow = layer("Shadow", pictures.shadow)
    shadow.blend_mode = BlendMode.MULTIPLY
    product = layer("Cut-out", pictures.product)
    product.create_mask(Image.fromarray(pictures.mask))
    psd.create_group([shadow, product], name="Product")
    return psd


def photoshop_api(pictures: Pictures, path: Path) -> None:
    import photoshopapi as api

    height, width = pictures.mask.shape
    file = api.LayeredFile_8bit(api.enum.ColorMode.rgb, width, height)

    def layer(name: str, rgb: np.ndarray, **more: object) -> object:
        made = api.ImageLayer_8bit(
            np.ascontiguousarray(rgb.transpose(2, 0, 1)), name, width=width, height=height, pos_x=width / 2,
            pos_y=height / 2, compression=api.enum.Compression.rle, **more,
        )  # fmt: skip
        made.fill = 1.0  # 0.9.1 writes 0, which hides the layer
        return made

    group = api.GroupLayer_8bit("Product")
    group.add_layer(file, layer("Cut-out", pictures.product, layer_mask=np.ascontiguousarray(pictures.mask)))
    group.add_layer(file, layer("Shadow", pictures.shadow, blend_mode=api.enum.BlendMode.multiply))
    file.add_layer(group)
    file.add_layer(layer("Background", pictures.paper))
    file.write(str(path))


def measure(name: str, folder: Path) -> dict[str, float]:
    write = dict(zip(WRITERS, (selvage, psd_tools_save, psd_tools_record, photoshop_api), strict=True))[name]
    small = [np.zeros((8, 8, 3), np.uint8)] * 3 + [np.zeros((8, 8), np.uint8), np.zeros((8, 8, 3), np.uint8)]
    write(Pictures(*small), folder / "warm.psd")  # imports and compiled code
    pictures = Pictures(
        *(np.load(folder / f"{part}.npy", mmap_mode="r") for part in ("paper", "shadow", "product", "mask", "flat"))
    )
    for picture in vars(pictures).values():
        picture.max()  # every page is read, so that no writer waits for the disk
    before = inputs.resident("VmRSS")
    start, cpu = time.perf_counter(), time.process_time()
    write(pictures, folder / f"{name}.psd")
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    size = (folder / f"{name}.psd").stat().st_size / 2**20
    return {"seconds": seconds, "cpu": cpu, "memory": inputs.resident("VmHWM") - before,
            "peak": inputs.resident("VmHWM"), "size": size}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1, help="the fastest of so many is shown")
    parser.add_argument("--writer", choices=WRITERS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.writer:
        print(json.dumps(measure(options.writer, options.folder)))
        return
    with tempfile.TemporaryDirectory(prefix="selvage-bench-") as folder:
        make(Path(folder))
        found = {writer: _fastest(writer, folder, options.runs) for writer in WRITERS}
    own = found["selvage"]
    print(f"{'writer':18}{'s':>7}{'CPU s':>7}{'x':>7}{'memory MiB':>12}{'x':>7}{'peak MiB':>10}{'file MiB':>10}")
    for writer, row in found.items():
        times, share = row["cpu"] / own["cpu"], row["memory"] / own["memory"]
        print(f"{writer:18}{row['seconds']:>7.2f}{row['cpu']:>7.2f}{times:>7.1f}{row['memory']:>12.0f}"
              f"{share:>7.1f}{row['peak']:>10.0f}{row['size']:>10.0f}")  # fmt: skip


def _fastest(writer: str, folder: str, runs: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.compose.psd", "--writer", writer, "--folder", folder]
    rows = [
        json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])
        for _ in range(runs)
    ]
    return dict(min(rows, key=lambda row: float(row["cpu"])))


if __name__ == "__main__":
    main()

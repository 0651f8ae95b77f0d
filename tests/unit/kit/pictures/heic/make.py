"""How the files in this folder were made: pillow-heif 1.8.1 (its wheel brings x265), never a dependency of Selvage.

    pip install pillow-heif==1.8.1 && python make.py

Four quarters of plain colour, 64 x 48: red, green / blue, yellow. pi-heif, which Selvage uses, decodes only.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pillow_heif
from PIL import Image

HERE = Path(__file__).parent
COLOURS = np.array([[(220, 40, 30), (30, 180, 60)], [(40, 60, 200), (240, 200, 40)]], np.uint8)
EXACT = {"quality": -1, "chroma": 444, "matrix_coefficients": 0, "full_range_flag": 1}
SRGB = {"color_primaries": 1, "transfer_characteristics": 13}


def quarters() -> np.ndarray:
    return np.kron(COLOURS, np.ones((24, 32, 1), np.uint8))


def save(name: str, array: np.ndarray, mode: str = "RGB", exif: bytes | None = None, **options: object) -> None:
    picture = pillow_heif.from_bytes(mode, (array.shape[1], array.shape[0]), array.tobytes())
    if exif:
        picture.info["exif"] = exif
    picture.save(HERE / name, **{**EXACT, **SRGB, **options})


def main() -> None:
    save("plain.heic", quarters())
    save("display_p3_nclx.heic", quarters(), color_primaries=12)
    save("hdr_pq.heic", quarters(), color_primaries=9, transfer_characteristics=16)
    deep = np.full((32, 32, 3), 65535, np.uint16)
    deep[:, 16:] = 32768
    save("ten_bits.heic", deep, "RGB;16")
    half_clear = np.dstack([quarters(), np.full((48, 64), 255, np.uint8)])
    half_clear[:24, :32, 3] = 0
    save("alpha.heic", half_clear, "RGBA")
    save("grey.heic", quarters()[..., 1].copy(), "L", matrix_coefficients=6)

    exif = Image.Exif()
    exif[0x0112] = 6  # the writer turns this into the container's own rotation
    save("turned.heic", quarters(), exif=exif.tobytes())

    two = pillow_heif.from_pillow(Image.fromarray(quarters()))
    two.add_from_pillow(Image.fromarray(quarters()[::-1].copy()))
    two.save(HERE / "two.heic", save_all=True, **EXACT)


if __name__ == "__main__":
    main()

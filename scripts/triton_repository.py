"""Lays out a Triton model repository.

    python -m scripts.triton_repository FOLDER [--model two-looks] [--cpu]

For GPU nodes: the committed configuration and the model's weights, served by Triton's ONNX Runtime backend. With --cpu
its twin on the Python backend, for a server without a GPU. Point tritonserver's --model-repository to FOLDER.
"""

from __future__ import annotations

import argparse
import re
import shutil
from pathlib import Path

from services.segment.models import DEFAULT, find, read

SEGMENT = Path(__file__).resolve().parents[1] / "services/segment"
NAME = "selvage_segment"
CONFIG = SEGMENT / "model_repository_gpu" / NAME / "config.pbtxt"
TWIN = SEGMENT / "model_repository" / NAME
NAMED = re.compile(r'(key: "model"\s+value { string_value: )"[^"]*"')


def lay_out(folder: Path, model: str = DEFAULT) -> Path:
    """Returns the model's folder in the repository. Raises ModelMissing."""
    weights = read(find(model)).weights
    home = folder / NAME
    (home / "1").mkdir(parents=True, exist_ok=True)
    shutil.copy(CONFIG, home / "config.pbtxt")
    shutil.copy(weights, home / "1" / "model.onnx")
    return home


def lay_out_twin(folder: Path, model: str = DEFAULT) -> Path:
    """The same for the Python backend. The model's folder lies in that of the version: beside NAME it would be taken
    for a model of its own."""
    source = find(model)
    home = folder / NAME
    shutil.copytree(TWIN / "1", home / "1", dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    held = home / "1" / "model"
    held.mkdir(exist_ok=True)
    for part in (source / "model.json", read(source).weights):
        shutil.copy(part, held)
    config, found = NAMED.subn(r'\1"1/model"', (TWIN / "config.pbtxt").read_text(encoding="utf-8"))
    assert found == 1, TWIN
    (home / "config.pbtxt").write_text(config, encoding="utf-8")
    return home


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default=DEFAULT, help="a model that ships, or a model folder")
    parser.add_argument("--cpu", action="store_true", help="for a server without a GPU")
    options = parser.parse_args()
    print((lay_out_twin if options.cpu else lay_out)(options.folder, options.model))


if __name__ == "__main__":
    main()

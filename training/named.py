"""What a word of `evaluate` stands for."""

from __future__ import annotations

from pathlib import Path

from training import predict
from training.alphas import Alphas
from training.errors import NotAModel


def model(what: str, side: int) -> predict.Predictor | Alphas:
    """What is to be judged: a file, a folder or a profile; `side` is the grid of checkpoints. Raises NotAModel."""
    path = Path(what)
    if path.suffix == ".pt":
        return predict.from_checkpoint(path, side)
    if path.suffix == ".onnx":
        return predict.from_own(path)
    if (path / "model.json").is_file():
        return predict.from_folder(path)
    if what and path.is_dir():
        return Alphas(path)
    if what and not path.suffix and "/" not in what:
        return predict.from_profile(what)
    raise NotAModel(word=what)

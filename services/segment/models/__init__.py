"""Models that ship, one folder each: model.onnx, model.json (the manifest) and MODEL_CARD.md."""

from services.segment.models.manifest import DEFAULT, Manifest, find, read

__all__ = ["DEFAULT", "Manifest", "find", "read"]

"""How well the image-level risk tells which answers a reviewer would touch, and the map it comes from.

    python -m benchmarks.segment.review [--model FOLDER] [--limit N] [--write]

The map is fitted as at export, on composites of the train split and half of the validation products; what is told is of
the other half: by the mean confidence of the edge band, which served before, and by the risk. `--write` puts the map
into the model's manifest.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from shutil import copytree

import numpy as np

from services.segment.models import DEFAULT, find
from training import measures
from training.calibrate import GOOD, for_fitting, review_map
from training.data import data_folder
from training.evaluate import Row, measure, review_text, summary
from training.judged import GROUPS, judged
from training.predict import from_folder


def before(rows: list[Row], phone: bool) -> float:
    """AUROC of the mean confidence of the edge band."""
    told = [row for row in rows if np.isfinite(row.figures["edge_accuracy"]) and (phone or row.group != "phone")]
    doubt = -np.array([row.figures["edge_confidence"] for row in told])
    return measures.ranking(doubt, np.array([row.figures["edge_accuracy"] < GOOD for row in told]))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", type=Path, default=find(DEFAULT), help="model folder")
    parser.add_argument("--limit", type=int, help="products a group")
    parser.add_argument("--write", action="store_true", help="into the manifest")
    options = parser.parse_args()
    photos = data_folder()
    made = review_map(options.model, photos, options.limit).to_json()
    print(made, flush=True)
    manifest = json.loads((options.model / "model.json").read_text(encoding="utf-8"))
    text = json.dumps(manifest | {"review": made}, indent=2) + "\n"
    with tempfile.TemporaryDirectory() as scratch:
        tried = copytree(options.model, Path(scratch) / "model")
        (tried / "model.json").write_text(text, encoding="utf-8")
        model = from_folder(tried)
        groups = tuple(group for group in GROUPS if group != "empty")
        pictures = judged(photos, groups=groups, limit=options.limit)
        rows = [measure(model, one) for one in pictures if one.group == "phone" or not for_fitting(one.product)]
    mean, mean_too = before(rows, phone=False), before(rows, phone=True)
    print(f"mean confidence of the edge band: composites {mean:.3f}, with phone photos {mean_too:.3f}")
    print(f"review risk: {review_text(summary(rows))}")
    if options.write:
        (options.model / "model.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

"""The model card: what the weights are, what they were made of, what they can and cannot do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from training.evaluate import review_text, table

_CARD = """# Model card: {name} {version}

Finds the product in a photo: alpha, and a score that the manifest turns into P(|alpha - truth| <= 0.1).

* File: `model.onnx`, sha256 `{sha256}`.
  uint8 [N, S, S, 3] RGB in, uint8 [N, S, S, 2] (alpha, score) out; meant for S = 1024 (512 as a draft).
  Normalisation is inside. Photos are letterboxed, their rim repeated.
* Two looks in one graph: the whole picture at 384, and mirrored at 320 and 448, decides what the product is; the full
  grid, told of that answer, decides where the edge runs. Two EfficientNet-Lite0 encoders with small pyramid decoders,
  6.6 M parameters, no normalisation layer. Weights are stored in half precision.
* Licence: {licence}. ImageNet's photos have mixed rights, as behind nearly every
  vision model; `python -m training train --encoder scratch` trains without it.

## Training

{pictures} generated scenes in {steps} steps, {minutes:.0f} minutes on a shared two-core machine, seed {seed}, code at
commit `{commit}`. `data.json` lists every file and its sha256. Plan: `training.json`.

| data | licence | use |
|---|---|---|
| Saleor product cut-outs (train split, without those whose alpha holds a shadow) | BSD-3-Clause | foregrounds |
| Magento sample photos, cut out (train split) | OSL-3.0 / AFL-3.0 | foregrounds |
| clothing-dataset photos with masks (train split) | CC0 | phone photos |
| clothing-dataset photos without masks (three of four) | CC0 | corners of them as floors and walls{middles} |
| {drawn} | ours | thin structures with exact alpha |

First weights: {origin}. {note}

## Figures

Validation cut-outs over grounds that training did not use, 1600 px; phone photos of the test split at their own size.
Edge accuracy is boundary F at 2 px on the product's crop at 2048; where the edge is soft over 8 px it is left out.
Edge ECE is over products the calibration never saw. No min-max stretch anywhere.

{table}

Review AUROC (the image's risk against edge accuracy below 0.95; composites of products that neither training nor
calibration saw): {review}.

## Limits

* Same tone and white on white stay hard; so do hair, lace and sheer cloth, for which there is little real truth here.
* Phone masks are coarse: the figures there say whether the garment is found, not how fine its edge is.
* Trained on apparel, shoes, bags, bottles and accessories. Furniture, glass and machines are strangers to it.
* People in the photos count as foreground together with what they wear.
"""


ORIGINS = {"imagenet": "EfficientNet-Lite0 on ImageNet, decoder at random", "scratch": "all at random"}


def _middles(record: Mapping[str, Any]) -> str:
    return ", middles as cloth for other garments' shapes" if "fabric" in record.get("kinds", ()) else ""


def _drawn(record: Mapping[str, Any]) -> str:
    """What code drew for this run; runs from before there were goods have no list of kinds."""
    kinds = record.get("kinds", ())
    goods = ", knitwear, silk, eyewear, jewellery" if "goods" in kinds else ""
    return f"drawn things: straps, nets, fringe, rings{goods}{', plain shapes' if 'plain' in kinds else ''}"


def model_card(
    manifest: Mapping[str, Any],
    record: Mapping[str, Any],
    figures: Mapping[str, Mapping[str, Any]],
    note: str = "",
) -> str:
    """Markdown from the manifest, the run's record, the figures, and a note on where the first weights come from."""
    return _CARD.format(
        name=manifest["name"],
        version=manifest["version"],
        sha256=manifest["sha256"],
        licence=manifest["licence"],
        pictures=record["pictures"],
        steps=record["step"],
        minutes=record["minutes"],
        seed=record["plan"]["seed"],
        commit=record["commit"],
        drawn=_drawn(record),
        middles=_middles(record),
        origin=ORIGINS.get(record["origin"], f"those of `{record['origin']}`"),
        note=note,
        table=table({str(manifest["name"]): figures}),
        review=review_text(figures),
    )

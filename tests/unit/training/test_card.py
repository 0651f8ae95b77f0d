"""The model card says what the weights are and where they come from."""

from __future__ import annotations

import pytest

from training.card import model_card

MANIFEST = {"name": "two-looks", "version": "1.2.3", "sha256": "ab" * 32, "licence": "Apache-2.0 weights"}
FIGURES = {
    "white": {"pictures": 4, "iou": 0.9, "edge_accuracy": 0.8},
    "all": {"pictures": 4, "touched": 1, "review_auroc": 0.7, "review_auroc_95": [0.6, 0.8]},
}


@pytest.mark.parametrize(
    ("origin", "said"),
    [("imagenet", "EfficientNet-Lite0 on ImageNet"), ("scratch", "all at random"), ("start.pt", "`start.pt`")],
)
def test_the_card_names_file_figures_and_origin(origin: str, said: str) -> None:
    record = {"pictures": 10, "step": 5, "minutes": 2.4, "commit": "c0ffee", "origin": origin, "plan": {"seed": 7}}
    card = model_card(MANIFEST, record, FIGURES, "A note.")
    assert "knitwear" not in card
    assert "knitwear" in model_card(MANIFEST, record | {"kinds": ["product", "goods"]}, FIGURES)
    assert "plain shapes" in model_card(MANIFEST, record | {"kinds": ["product", "plain"]}, FIGURES)
    for word in ("two-looks 1.2.3", "ab" * 32, said, "A note.", "seed 7", "c0ffee", "0.9000", "0.700 [0.60, 0.80]"):
        assert word in card

"""`selvage finetune` without its command line: from a folder of pairs to a promoted model folder, or to a refusal."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from services.segment.models import read
from training.bundle import write_json, write_model
from training.calibrate import fit_all, for_fitting
from training.checkpoint import commit
from training.data import data_folder, runs_folder, train_banks
from training.drawn import Drawn
from training.finetune import FinePlan, finetune
from training.generator.grounds import paper
from training.generator.light import to_srgb
from training.generator.scene import Banks
from training.judged import Judged, judged
from training.pairs import LEARN_SIDE, approved, find, split, to_judge
from training.pairs import read as read_pair
from training.predict import from_folder
from training.promotion import OWN, Outcome, card, next_version, report
from training.restore import restore, weights

GROUPS = ("white", "same_tone", "room", "people", "phone")
MOST_JUDGED = 24
"""Pictures of the validation part that are looked at each time, spread over it."""


@dataclass(frozen=True)
class Task:
    """pairs: the user's folder; with `photos` it is one that `selvage process` filled from them. name: of the new
    model. base: folder of the model to start from; init: a checkpoint whose weights are taken instead of its file's.
    out: where promoted models go, one folder each."""

    pairs: Path
    name: str
    base: Path
    out: Path
    photos: Path | None = None
    init: Path | None = None
    plan: FinePlan = field(default_factory=FinePlan)
    limit: int = 4
    """Products a group of the shipped sets, where their photos are at hand."""


def tune(task: Task, drawn: Drawn) -> Outcome:
    """Raises PairsUnusable, TooFewPairs, ModelMissing, WeightsUnreadable."""
    parts = split(find(task.pairs) if task.photos is None else approved(task.pairs, task.photos))
    champion = read(task.base)
    number = next_version(task.out, task.name)
    work = runs_folder() / "finetune" / f"{task.name}-v{number}"
    shutil.rmtree(work, ignore_errors=True)
    own = [read_pair(pair, LEARN_SIDE) for pair in parts.learn]
    spread = np.linspace(0, len(parts.validate) - 1, min(MOST_JUDGED, len(parts.validate))).round().astype(int)
    validation = [to_judge(parts.validate[index], OWN) for index in spread]
    shipped = _shipped(task.limit, drawn)
    net = restore(task.base)
    if task.init is not None:
        net.load_state_dict(weights(task.init))
    progress = finetune(task.plan, net, own, validation, _replay(drawn, task.plan.seed), work / "run")
    made = work / "model"
    version = f"{champion.version}+{task.name}.{number}"
    licence = f"{champion.licence}; fine-tuned on your photos"
    fields = write_model(net.state_dict(), made, task.name, version, licence, task.plan.side)
    fitting = [one for one in shipped if for_fitting(one.product)]
    soft = not any(one.binary for one in own)  # the rim of a hard mask tells nothing about a tenth of alpha
    fields["calibration"] = fit_all(from_folder(made, calibrated=False), [*fitting, *(validation if soft else [])])
    if champion.review is not None:  # its signs are made of calibrated confidence: it means the same of the new weights
        fields["review"] = champion.review.to_json()
    write_json(made / "model.json", fields)
    found = report(
        from_folder(task.base, side=task.plan.side),
        from_folder(made),
        [to_judge(pair, OWN) for pair in parts.hold_out],
        shipped,
    )
    found.write(made / "finetune.json")
    record = {"plan": asdict(task.plan), "progress": asdict(progress), "commit": commit(),
              "base": {"name": champion.name, "version": champion.version, "sha256": champion.sha256},
              "skus": {part: sorted({pair.sku for pair in pairs}) for part, pairs in vars(parts).items()}}  # fmt: skip
    (made / "training.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    (made / "MODEL_CARD.md").write_text(
        card(
            {
                "name": task.name, "version": version, "sha256": fields["sha256"], "licence": licence,
                "base": f"{champion.name} {champion.version}", "base_sha256": champion.sha256,
                "learned": len(own), "skus": len({one.pair.sku for one in own}),
                "binary": sum(one.binary for one in own), "steps": progress.steps, "best": progress.best,
                "table": found.text(),
            }
        ),
        encoding="utf-8",
    )  # fmt: skip
    return Outcome(_promote(task, made, number) if found.verdict.promoted else made, found)


def _promote(task: Task, made: Path, number: int) -> Path:
    task.out.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copytree(made, task.out / f"{task.name}-v{number}"))


def _shipped(limit: int, drawn: Drawn) -> list[Judged]:
    """The sets that models are judged on where their photos are at hand, and what is drawn."""
    try:
        real = list(judged(data_folder(), groups=GROUPS, limit=limit)) if limit else []
    except FileNotFoundError:
        real = []
    return [*real, *drawn.pictures]


def _replay(drawn: Drawn, seed: int) -> Banks:
    """The generator's banks: the real ones where they are at hand, beside what is drawn."""
    rng = np.random.default_rng(seed)
    papers = [(to_srgb(paper(rng, 256, rng.uniform(0.1, 1, 3).astype(np.float32))) * 255 + 0.5).astype(np.uint8)
              for _ in range(8)]  # fmt: skip
    try:
        real = train_banks(data_folder(), long_side=700, saleor_weight=4)
    except FileNotFoundError:
        return Banks(list(drawn.cutouts), [], papers)
    return Banks([*real.cutouts, *drawn.cutouts], real.phone, real.photos)

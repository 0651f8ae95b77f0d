"""Compose: the template's exports and the layered PSD, named for the state the image is about to reach."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway import words
from gateway.errors import NoResult
from gateway.records import convert
from selvage_api.compose.v1 import compose_service_pb2
from selvage_api.images.v1 import images_pb2
from services.kit.errors import InvalidArgument

from .types import ImageRun, Result, Stage, Tools, Work, required

# The matte's own files, beside those of the template; a role each.
MATTE_FILES = ("alpha", "confidence", "trimap", "cutout", "shadow")


def stage(state: str) -> Stage:
    """The stage for a target state."""

    async def plan(run: ImageRun, tools: Tools) -> Work:
        described = await tools.services.describe_compose()
        template = run.row["template_asked"] or described.default_template
        digests = {each.name: each.digest for each in described.templates}
        if template not in digests:
            raise InvalidArgument(field="template", problem=f"{template!r} is not one of {', '.join(sorted(digests))}")
        naming = compose_service_pb2.Naming(
            sku=run.row["sku"], image_no=run.row["image_no"], date=_date(run), state=words.state_enum(state)
        )
        shadow = run.output("matting", "shadow")
        reviewed = run.row["verdict"] == "approve"

        async def work(prefix: str) -> Result:
            request = compose_service_pb2.ComposeRequest(
                photo=run.original,
                cutout=run.output("matting", "cutout"),
                alpha=run.output("matting", "alpha"),
                shadow=shadow,
                template=template,
                naming=naming,
                output_prefix=prefix,
                reviewed=reviewed,
            )
            answer = await tools.services.call("compose", tools.services.compose.Compose, request)
            outputs = {file.name: file.object for file in answer.files}
            if not outputs:
                raise NoResult(stage="compose")
            numbers = convert.to_json(answer.numbers) | {
                "files": [convert.to_json(file) for file in answer.files],
                "compliance": [convert.to_json(report) for report in answer.compliance],
            }
            return Result(required("compose", **outputs), numbers, answer.use)

        settings = {"template": template, "digest": digests[template], "naming": convert.to_json(naming)}
        settings["reviewed"] = reviewed
        roles = ("cutout", "alpha", "shadow")
        inputs = {"photo": run.original.sha256} | {role: run.digest("matting", role) for role in roles}
        return Work(described.fingerprint, settings, inputs, work)

    return Stage("compose", plan)


def files(run: ImageRun, state: str) -> list[dict[str, Any]]:
    """All result files of a composed image, ImageFiles in JSON."""
    numbers = run.results["matting"].numbers
    stem = f"{run.row['sku']}_{run.row['image_no']}_{_date(run)}_{state.replace('_', '-')}"
    matte = (
        images_pb2.ImageFile(
            name=role,
            object=run.output("matting", role),
            file_name=f"{stem}_{role}.png",
            width=numbers.get("width", 0),
            height=numbers.get("height", 0),
        )
        for role in MATTE_FILES
        if run.output("matting", role) is not None
    )
    return [*map(convert.to_json, matte), *run.results["compose"].numbers["files"]]


def broken_rules(numbers: Mapping[str, Any]) -> dict[str, str]:
    """By preset, the sentences of the rules its exports break; of the compose stage's numbers."""
    found: dict[str, list[str]] = {}
    for report in numbers.get("compliance", ()):
        details = [rule["detail"] for rule in report.get("rules", ()) if rule["verdict"] == "fail"]
        if details:
            found.setdefault(report["preset"], []).extend(details)
    return {preset: " ".join(dict.fromkeys(details)) for preset, details in found.items()}


def _date(run: ImageRun) -> str:
    """The day the job was made (UTC), so that a later run gives the same names."""
    return f"{run.row['job_created_at']:%Y%m%d}"

"""Jobs and their images: make, read, retry, cancel."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from selvage.client.asking import ask, at, get, post, understood
from selvage.client.effects import Call, Emit, Emits, Flow
from selvage.client.models import FailedImage, Image, Job, Problem
from selvage.client.records import Retried
from selvage.client.session import Session
from selvage.client.submission import NewImage

PAGE = 500


def create_job(
    session: Session,
    images: Sequence[NewImage],
    *,
    shop: str = "",
    template: str = "",
    profile: str = "",
    label: str = "",
    priority: str = "",
    request_id: str = "",
    partial: bool = False,
    validate_only: bool = False,
) -> Flow[Job]:
    """Starts a job of uploaded photos. The same request id with the same content answers the job made first
    (`Job.replayed`); without one, every call makes a job.

    priority: "rush", "normal" or "bulk". partial: images that cannot be used are told in `Job.failed_images` and the
    others are taken; otherwise all or none. validate_only: everything is checked and nothing made; the job has no id.
    """
    body: dict[str, Any] = {
        "shop": shop,
        "images": [image.to_json() for image in images],
        "template": template,
        "profile": profile,
        "label": label,
    }
    if priority:
        body["priority"] = f"PRIORITY_{priority.upper()}"
    body |= {"return_partial_success": True} if partial else {}
    body |= {"validate_only": True} if validate_only else {}
    headers = {} if validate_only else {"Idempotency-Key": request_id or str(uuid.uuid4())}
    answer = yield from ask(session, Call("POST", "/v1/jobs", json=body, headers=headers))
    made = understood(answer)
    failed = tuple(
        FailedImage(index, images[index].source_name, Problem.of(one.get("error", {})))
        for one in made.get("failed_images", [])
        for index in [int(one.get("index", 0))]
    )
    replayed = answer.headers.get("idempotent-replayed") == "true"
    return replace(Job.of(made["job"]), replayed=replayed, failed_images=failed)


def job(session: Session, job_id: str) -> Flow[Job]:
    """A job as it stands."""
    return Job.of((yield from get(session, at("jobs", job_id)))["job"])


def jobs(session: Session, shop: str = "") -> Emits[Job]:
    """Every job, the newest first."""
    token = ""
    while True:
        page = yield from get(session, "/v1/jobs", shop=shop, page_size=PAGE, page_token=token)
        for body in page.get("jobs", []):
            yield Emit(Job.of(body))
        token = page.get("next_page_token", "")
        if not token:
            return


def images(session: Session, job_id: str, states: Iterable[str] = ()) -> Emits[Image]:
    """The images of a job in order of submission, all or those in the named states."""
    wanted, token = list(states), ""
    while True:
        page, token = yield from images_page(session, job_id, wanted, token)
        for image in page:
            yield Emit(image)
        if not token:
            return


def images_page(session: Session, job_id: str, states: list[str], token: str) -> Flow[tuple[list[Image], str]]:
    """Images and the token of the next page, empty at the end."""
    path = at("jobs", job_id, "images")
    page = yield from get(session, path, page_size=PAGE, page_token=token, states=states)
    return [Image.of(body) for body in page.get("images", [])], str(page.get("next_page_token", ""))


def image(session: Session, image_id: str) -> Flow[Image]:
    """An image as it stands."""
    return Image.of((yield from get(session, at("images", image_id)))["image"])


def retry(session: Session, job_id: str, image_ids: Sequence[str] = (), *, from_stage: str = "") -> Flow[Retried]:
    """Sets ended images to work again: failed ones where they stopped, the named ones from a named stage.

    image_ids: empty for every failed image that a retry may mend. from_stage: "intake", "plate", "segment", "matting",
    "gate" or "compose".
    """
    body = {"image_ids": list(image_ids), "from_stage": from_stage}
    done = yield from post(session, at("jobs", f"{job_id}:retry"), body)
    return Retried(Job.of(done["job"]), int(done.get("retried", 0)))


def cancel(session: Session, job_id: str) -> Flow[Job]:
    """Stops what has not started; results of what has are discarded."""
    return Job.of((yield from post(session, at("jobs", f"{job_id}:cancel")))["job"])

"""Photos to a job in one call that may be repeated: the same photos with the same wishes are the same job."""

from __future__ import annotations

import functools
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from selvage.client.effects import Flow, in_turn, together
from selvage.client.models import FailedImage, Job, Problem
from selvage.client.session import Session
from selvage.client.submission import NewImage, Photo
from services.kit.errors import InvalidArgument, PhotoError, SelvageError

from .jobs import create_job
from .uploading import upload

UPLOADS = 3
Submitted = str | os.PathLike[str] | Photo | NewImage
OnUpload = Callable[[int], None]


def submit(
    session: Session,
    photos: Iterable[Submitted],
    *,
    shop: str = "",
    template: str = "",
    profile: str = "",
    label: str = "",
    priority: str = "",
    request_id: str = "",
    partial: bool = False,
    on_upload: OnUpload | None = None,
) -> Flow[Job]:
    """Uploads photos and starts a job of them. photos: paths, `Photo`s with what is known of them, or `NewImage`s that
    are uploaded already.

    Without a request id one is made from the photos and the wishes: the same submission again, also after a crash and
    from another process, answers the job made first (`Job.replayed`). partial: photos that cannot be read or are
    refused are told in `Job.failed_images`, and the others are taken. on_upload is told how many photos are up.
    """
    asked = [one if isinstance(one, NewImage | Photo) else Photo(one) for one in photos]
    for one in asked:
        if isinstance(one, Photo) and not one.name:
            raise InvalidArgument(field="source_name", problem="a photo given as bytes needs a name, e.g. TEE-1_2.jpg")
    done: set[int] = set()

    def count(index: int) -> None:
        done.add(index)
        if on_upload:
            on_upload(len(done))

    tell = in_turn(count)
    flows = [_stored(session, one, shop, partial, functools.partial(tell, index)) for index, one in enumerate(asked)]
    taken = yield from together(flows, UPLOADS)
    up = [(index, image) for index, image in enumerate(taken) if isinstance(image, NewImage)]
    bad = [(index, error) for index, error in enumerate(taken) if isinstance(error, SelvageError)]
    if bad and not up:
        raise bad[0][1]
    failed = [FailedImage(index, _name(asked[index]), Problem(error.reason, error.message)) for index, error in bad]
    images = [image for _, image in up]
    key = request_id or _request_id(images, shop, template, profile, label, priority)
    job = yield from create_job(
        session,
        images,
        shop=shop,
        template=template,
        profile=profile,
        label=label,
        priority=priority,
        request_id=key,
        partial=partial,
    )
    refused = [replace(one, index=up[one.index][0]) for one in job.failed_images]
    return replace(job, failed_images=tuple(sorted([*failed, *refused], key=lambda one: one.index)))


def _stored(
    session: Session, one: Photo | NewImage, shop: str, partial: bool, note: Callable[[], None]
) -> Flow[NewImage | SelvageError]:
    if isinstance(one, NewImage):
        note()
        return one
    try:
        photo = yield from upload(session, one.content, shop=shop)
    except SelvageError as error:
        # Only the photo's own faults are put down to it: a lost server or a full disk ends the submission.
        if not partial or not (isinstance(error, PhotoError) or error.http == 413):
            raise
        note()
        return error
    note()
    return one.image(photo.key)


def _request_id(images: Sequence[NewImage], *wishes: str) -> str:
    """Keys name photos by their content, so that this is about the photos and not where they lay."""
    asked = [wishes, [image.to_json() for image in images]]
    return f"submit-{hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:48]}"


def _name(one: Photo | NewImage) -> str:
    return one.source_name if isinstance(one, NewImage) else one.name

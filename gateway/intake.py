"""A CreateJobRequest checked as a whole and turned into rows: every problem of every image is told at once."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC

from selvage_api.images.v1 import images_pb2
from selvage_api.jobs.v1 import jobs_service_pb2
from services.kit.errors import InvalidArgument, ObjectNotFound
from services.kit.store import ObjectStore, StoredObject

from . import keys, naming, words
from .db import Connection, Database
from .errors import FieldsInvalid, ObjectsMissing
from .ids import uuid7
from .records import photos as records
from .records import uploads
from .records.images import NewImage

TEXT_LENGTH = 400
REQUEST_ID_LENGTH = 255
# Objects not uploaded through the gateway are looked up in the store, so many at a time.
LOOK_UPS = 16


def fingerprint(request: jobs_service_pb2.CreateJobRequest) -> str:
    """SHA-256 of what the request asks for, whatever its id, and whether it is only to be validated."""
    payload = jobs_service_pb2.CreateJobRequest()
    payload.CopyFrom(request)
    payload.request_id = ""
    payload.validate_only = False
    return hashlib.sha256(payload.SerializeToString(deterministic=True)).hexdigest()


def check(request: jobs_service_pb2.CreateJobRequest, most_images: int) -> None:
    """Raises FieldsInvalid with everything that is wrong by itself."""
    problems: list[tuple[str, str]] = []
    try:
        keys.valid_shop(request.shop)
    except InvalidArgument as error:
        problems.append(("shop", error.details["problem"]))
    if len(request.request_id) > REQUEST_ID_LENGTH:
        problems.append(("request_id", f"has more than {REQUEST_ID_LENGTH} characters"))
    if not request.images:
        problems.append(("images", "is empty; name at least one uploaded photo"))
    if len(request.images) > most_images:
        problems.append(("images", f"has {len(request.images)} entries, the limit is {most_images}; send several jobs"))
    if request.priority not in jobs_service_pb2.Priority.values():
        problems.append(("priority", f"{request.priority} is no priority"))
    problems += _too_long("", {name: getattr(request, name) for name in ("template", "profile", "label")})
    for index, image in enumerate(request.images[:most_images]):
        where = f"images[{index}]."
        if keys.original_digest(image.original_key, request.shop) is None:
            problems.append((f"{where}original_key", f"is no key of an upload of shop {request.shop!r}"))
        if image.tier not in images_pb2.Tier.values():
            problems.append((f"{where}tier", f"{image.tier} is no tier"))
        names = ("source_name", "sku", "image_no", "shoot", "category", "template")
        problems += _too_long(where, {name: getattr(image, name) for name in names})
    if problems:
        raise FieldsInvalid.of(problems)


async def originals(
    request: jobs_service_pb2.CreateJobRequest, database: Database, store: ObjectStore
) -> Mapping[str, images_pb2.ObjectRef]:
    """The photos of a checked request by key. Raises ObjectsMissing."""
    asked = list(dict.fromkeys(image.original_key for image in request.images))
    async with database.transaction() as connection:
        found = await uploads.find(connection, asked)
    for key, stored in (await _in_store(store, [key for key in asked if key not in found])).items():
        digest = keys.original_digest(key, request.shop)
        assert digest is not None
        # The intake stage compares the bytes with the digest in the key.
        found[key] = images_pb2.ObjectRef(key=key, sha256=digest, size_bytes=stored.size, media_type=stored.media_type)
    _refuse_missing(request, set(asked) - set(found))
    return found


async def hold(
    connection: Connection,
    request: jobs_service_pb2.CreateJobRequest,
    photos: Mapping[str, images_pb2.ObjectRef],
    store: ObjectStore,
) -> None:
    """Keeps the sweeper of expired objects from these photos until the transaction ends, whose images then do.

    Raises ObjectsMissing when it was faster.
    """
    fresh = await records.hold(connection, photos.values())
    _refuse_missing(request, fresh - set(await _in_store(store, sorted(fresh))))


async def _in_store(store: ObjectStore, wanted: Sequence[str]) -> dict[str, StoredObject]:
    gate = asyncio.Semaphore(LOOK_UPS)
    found: dict[str, StoredObject] = {}

    async def look_up(key: str) -> None:
        async with gate:
            with contextlib.suppress(ObjectNotFound):
                found[key] = await asyncio.to_thread(store.stat, key)

    await asyncio.gather(*(look_up(key) for key in wanted))
    return found


def _refuse_missing(request: jobs_service_pb2.CreateJobRequest, missing: Collection[str]) -> None:
    if missing:
        raise ObjectsMissing.of(
            [
                (f"images[{index}].original_key", "is not in the store")
                for index, image in enumerate(request.images)
                if image.original_key in missing
            ]
        )


def rows(request: jobs_service_pb2.CreateJobRequest, photos: Mapping[str, images_pb2.ObjectRef]) -> Sequence[NewImage]:
    """The images with their names, no two alike."""
    names = naming.distinct(_name(image) for image in request.images)
    return [
        NewImage(
            image_id=uuid7(),
            position=position,
            sku=sku,
            image_no=image_no,
            source_name=image.source_name,
            shoot=image.shoot,
            category=image.category,
            tier=words.tier_word(image.tier),
            template=image.template,
            due_at=image.due_time.ToDatetime(tzinfo=UTC) if image.HasField("due_time") else None,
            original=photos[image.original_key],
        )
        for position, (image, (sku, image_no)) in enumerate(zip(request.images, names, strict=True))
    ]


def _name(image: jobs_service_pb2.NewImage) -> tuple[str, str]:
    sku, image_no = naming.parse(image.source_name)
    return (
        naming.safe_sku(image.sku) if image.sku else sku,
        naming.safe_image_no(image.image_no) if image.image_no else image_no,
    )


def _too_long(where: str, texts: Mapping[str, str]) -> list[tuple[str, str]]:
    return [
        (f"{where}{name}", f"has more than {TEXT_LENGTH} characters")
        for name, text in texts.items()
        if len(text) > TEXT_LENGTH
    ]

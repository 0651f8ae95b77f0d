"""`POST /v1/cutouts`: one photo in, its cut-out in the answer."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from gateway import words
from gateway.access.principal import Role, current, require
from gateway.cutouts import options, source
from gateway.cutouts.errors import CutoutCancelled, CutoutTakesLong, PhotoMissing, PhotosSeveral
from gateway.cutouts.maker import Asked, Made, Maker
from gateway.cutouts.settings import CutoutSettings
from gateway.errors import FieldsInvalid, RequestIdReused, RequestTooLarge, UploadTooLarge
from gateway.fetch import Fetcher
from gateway.fetch.errors import FetchError
from services.kit.errors import PhotoError, UnsupportedFormat

from . import bodies, fields
from .operation import Operation, Parameter, Raw

FILE, B64, URL, BACKDROP = ("file", "image_file"), "image_b64", "image_url", "background_file"
PICTURES = ("image/png", "image/jpeg", "image/webp", "application/zip")
SCHEMA: dict[str, object] = {
    "type": "object",
    "properties": {name: {"type": "string"} for name in (B64, URL, *options.NAMES)},
    "additionalProperties": False,
}


@dataclass(frozen=True)
class CutoutRoutes:
    maker: Maker
    fetcher: Fetcher
    settings: CutoutSettings
    photo_limit: int

    def table(self) -> list[Operation]:
        query = tuple(Parameter(name, "docs/rest.md") for name in options.NAMES)
        key = Parameter("Idempotency-Key", "The same key again answers the same cut-out.", header=True)
        return [
            Operation(
                "createCutout", "POST", "/v1/cutouts", self.create, "The cut-out of one photo, at once",
                body=Raw((*fields.FORMS, "image/*", "application/octet-stream", fields.JSON), SCHEMA),
                answer=Raw(PICTURES), parameters=(*query, key), roles=(Role.SUBMIT,), tag="cutouts",
                errors=(
                    FieldsInvalid, PhotoMissing, PhotosSeveral, PhotoError, UnsupportedFormat, UploadTooLarge,
                    RequestTooLarge, FetchError, RequestIdReused, CutoutTakesLong, CutoutCancelled,
                ),
            ),
        ]  # fmt: skip

    async def create(self, request: Request) -> Response:
        require(Role.SUBMIT)  # before the body is taken in
        sent = await fields.read(request, self.photo_limit)
        texts = {**request.query_params, **sent.texts}
        asked = {name: value for name, value in texts.items() if name not in (B64, URL)}
        shop = texts.get("shop", "").strip() or current().shop or self.settings.shop
        require(Role.SUBMIT, shop=shop)
        options.style(asked, 1 << 24, 1 << 24)  # before anything is fetched
        photo = await source.photo(texts, sent.files, sent.raw, self.fetcher, file=FILE, b64=B64, url=URL)
        info = await self.maker.probe(photo)
        style = options.style(asked, info.width, info.height)
        backdrop = sent.files[BACKDROP].data if BACKDROP in sent.files else b""
        if texts.get("background_url", "").strip():
            backdrop = (await source.fetched(texts["background_url"].strip(), self.fetcher)).data
        if backdrop and style.HasField("background"):
            raise FieldsInvalid.of([("background", "give one background only")])
        made = await self.maker.make(
            Asked(
                shop, photo, style, backdrop, texts.get("profile", "").strip(), texts.get("category", "").strip(),
                bodies.unquoted(request.headers.get("idempotency-key", "")),
            )
        )  # fmt: skip
        return Response(made.data, 200, told(made), made.drawn.file.object.media_type)


def told(made: Made) -> dict[str, str]:
    """What is known of the image, as headers."""
    file = made.drawn.file
    name = f"{made.image.sku}_{made.image.image_no}_{file.file_name}"
    headers = {
        "ETag": f'"{file.object.sha256}"',
        "Content-Disposition": f"inline; filename*=utf-8''{quote(name, safe='')}",
        "X-Width": str(file.width),
        "X-Height": str(file.height),
        "X-Max-Width": str(made.drawn.full_width),
        "X-Max-Height": str(made.drawn.full_height),
    }
    if not made.new:
        headers["Idempotent-Replayed"] = "true"
    return headers | judged(made)


def judged(made: Made) -> dict[str, str]:
    """What only Selvage tells. The score has Photoroom's polarity: 0 is sure, 1 is not, -1 is unknown."""
    state = words.state_word(made.image.state)
    decided = state in (words.NEEDS_REVIEW, words.APPROVED) and made.image.confidence > 0
    score = f"{1 - made.image.confidence:.4f}" if decided or made.image.reasons else "-1"
    return {
        "X-Image-Id": made.image.image_id,
        "X-Job-Id": made.image.job_id,
        "X-Uncertainty-Score": score,
        "X-Model-Version": made.model,
        "X-Selvage-State": state,
        "X-Selvage-Reasons": ",".join(reason.code for reason in made.image.reasons),
    }

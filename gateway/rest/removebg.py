"""`/v1.0/removebg`, `/v1.0/account` and `/v1.0/improve`, as clients of remove.bg call them."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.access.principal import READ, Role, current, require
from gateway.cutouts import source
from gateway.cutouts.maker import Asked, Made, Maker, Photo
from gateway.cutouts.settings import CutoutSettings
from gateway.fetch import Fetcher
from gateway.fetch.errors import FetchError, UrlInvalid
from gateway.removebg import parameters
from gateway.removebg.errors import ParameterRefused
from gateway.removebg.handlers import RemoveBg
from gateway.removebg.parameters import B64, BG_FILE, FILE, URL

from . import bodies, fields
from .cutouts import PICTURES, judged
from .operation import Operation, Raw

SOURCES: dict[str, object] = {name: {"type": "string"} for name in (B64, URL)}
STYLE = (
    "size", "type", "type_level", "format", "roi", "crop", "crop_margin", "scale", "position", "channels",
    "add_shadow", "shadow_type", "shadow_opacity", "semitransparency", "bg_color", "bg_image_url",
)  # fmt: skip
SCHEMA: dict[str, object] = {"type": "object", "properties": SOURCES | {name: {"type": "string"} for name in STYLE}}
IMPROVE: dict[str, object] = {
    "type": "object",
    "properties": SOURCES | {name: {"type": "string"} for name in ("image_filename", "tag")},
}
ANSWER: dict[str, object] = {"type": "object"}


@dataclass(frozen=True)
class RemoveBgRoutes:
    maker: Maker
    handlers: RemoveBg
    fetcher: Fetcher
    settings: CutoutSettings
    photo_limit: int

    def table(self) -> list[Operation]:
        submit, tag = (Role.SUBMIT,), "remove.bg"
        bodies_of = (*fields.FORMS, fields.JSON)
        return [
            Operation(
                "removebg", "POST", "/v1.0/removebg", self.removebg, "As remove.bg: the cut-out of one photo",
                body=Raw(bodies_of, SCHEMA), answer=Raw((*PICTURES, fields.JSON), ANSWER), roles=submit, tag=tag,
            ),
            Operation(
                "removebgAccount", "GET", "/v1.0/account", self.account, "As remove.bg: what the quota has left",
                answer=Raw((fields.JSON,), ANSWER), roles=tuple(sorted(READ)), tag=tag,
            ),
            Operation(
                "removebgImprove", "POST", "/v1.0/improve", self.improve, "As remove.bg: a photo to learn from",
                body=Raw(bodies_of, IMPROVE), answer=Raw((fields.JSON,), ANSWER), roles=submit, tag=tag,
            ),
        ]  # fmt: skip

    async def removebg(self, request: Request) -> Response:
        shop = self._shop(Role.SUBMIT)
        sent = await fields.read(request, self.photo_limit)
        photo = await self._photo(sent)
        info = await self.maker.probe(photo)
        asked = parameters.read(sent.texts, BG_FILE in sent.files, info.width, info.height)
        backdrop = sent.files.get(BG_FILE)
        if asked.bg_url:
            backdrop = await self._backdrop(asked.bg_url)
        if backdrop is not None:
            await self.maker.probe(backdrop)
        key = bodies.unquoted(request.headers.get("idempotency-key", ""))
        made = await self.maker.make(
            Asked(shop, photo, asked.style, backdrop.data if backdrop else b"", request_id=key)
        )
        headers = told(made, asked.type)
        if _wants_json(request):
            return JSONResponse({"data": _as_json(made)}, 200, headers)
        return Response(made.data, 200, headers, made.drawn.file.object.media_type)

    async def account(self, _request: Request) -> Response:
        return JSONResponse(await self.handlers.account(self._shop(*READ)))

    async def improve(self, request: Request) -> Response:
        shop = self._shop(Role.SUBMIT)
        sent = await fields.read(request, self.photo_limit)
        photo = await self._photo(sent)
        await self.maker.probe(photo)
        filename, tag = sent.texts.get("image_filename", "").strip(), sent.texts.get("tag", "").strip()
        return JSONResponse(await self.handlers.improve(shop, photo, filename, tag))

    def _shop(self, *roles: Role) -> str:
        """The clients of remove.bg know no shops: it is that of their key."""
        shop = current().shop or self.settings.shop
        require(*roles, shop=shop)
        return shop

    async def _photo(self, sent: fields.Fields) -> Photo:
        return await source.photo(sent.texts, sent.files, sent.raw, self.fetcher, file=(FILE,), b64=B64, url=URL)

    async def _backdrop(self, url: str) -> Photo:
        """remove.bg has codes of its own for the background."""
        try:
            return await source.fetched(url, self.fetcher)
        except UrlInvalid as error:
            raise ParameterRefused.of(
                "invalid_bg_image_url", "Invalid bg_image_url parameter given", error.message
            ) from None
        except FetchError as error:
            raise ParameterRefused.of(
                "failed_bg_download", "Failed to download background image from given bg_image_url", error.message
            ) from None


def told(made: Made, kind: str) -> dict[str, str]:
    drawn = made.drawn
    headers = {
        "X-Width": str(drawn.file.width),
        "X-Height": str(drawn.file.height),
        "X-Max-Width": str(drawn.full_width),
        "X-Max-Height": str(drawn.full_height),
        # A whole number, as some clients read it with int().
        "X-Credits-Charged": "1" if made.new else "0",
        "X-Foreground-Top": str(drawn.foreground.top),
        "X-Foreground-Left": str(drawn.foreground.left),
        "X-Foreground-Width": str(drawn.foreground.width),
        "X-Foreground-Height": str(drawn.foreground.height),
    }
    if kind:
        headers["X-Type"] = kind
    return headers | judged(made)


def _wants_json(request: Request) -> bool:
    accepted = request.headers.get("accept", "").lower()
    return "application/json" in accepted and "image/" not in accepted


def _as_json(made: Made) -> dict[str, object]:
    box = made.drawn.foreground
    return {
        "result_b64": base64.b64encode(made.data).decode(),
        "foreground_top": box.top,
        "foreground_left": box.left,
        "foreground_width": box.width,
        "foreground_height": box.height,
    }

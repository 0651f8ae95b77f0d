"""One photo in, its cut-out in the answer."""

from __future__ import annotations

import tempfile
from pathlib import Path

from gateway.cutouts.errors import CutoutTakesLong
from selvage.client.asking import ask
from selvage.client.effects import Call, Flow, work
from selvage.client.records import Cutout
from selvage.client.session import Session
from selvage.client.submission import Content

from .uploading import body_of, media_type_of

# The server answers within a minute, with the cut-out or CutoutTakesLong.
SILENCE = 90.0


def cutout(
    session: Session,
    /,
    photo: Content,
    *,
    shop: str = "",
    media_type: str = "",
    request_id: str = "",
    **options: str | bool | float,
) -> Flow[Cutout]:
    """The cut-out of one photo, at once. photo: bytes, the path of a file, or an open file.

    options: the fields of `POST /v1/cutouts`, e.g. format="webp", size="hd", crop=True, background="ffffff".
    request_id: the same again answers the same cut-out; empty: the server knows the same photo with the same options
    again by itself. Raises CutoutTakesLong when the server is not ready after a minute for as many times as the client
    repeats.
    """
    texts = {"shop": shop, **{name: _text(value) for name, value in options.items()}}
    headers = {"Content-Type": media_type or media_type_of(photo)}
    if request_id:
        headers["Idempotency-Key"] = request_id
    with tempfile.TemporaryDirectory(prefix="selvage-client-") as folder:
        body = yield from work(lambda: body_of(photo, Path(folder)))
        params = {name: value for name, value in texts.items() if value}
        call = Call("POST", "/v1/cutouts", params, headers=headers, body=body, timeout=max(SILENCE, session.timeout))
        waited = 0
        while True:
            try:
                return Cutout.of((yield from ask(session, call)))
            except CutoutTakesLong:
                if waited >= session.retries:
                    raise
            waited += 1


def _text(value: str | bool | float) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)

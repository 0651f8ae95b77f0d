"""Shoots: photos that share one plate and one exposure."""

from __future__ import annotations

from selvage.client.asking import ask, at, get, understood
from selvage.client.effects import Call, Emit, Emits, Flow
from selvage.client.records import Shoot
from selvage.client.session import Session

from .jobs import PAGE


def shoots(session: Session, shop: str) -> Emits[Shoot]:
    """The shoots of a shop."""
    token = ""
    while True:
        page = yield from get(session, "/v1/shoots", shop=shop, page_size=PAGE, page_token=token)
        for body in page.get("shoots", []):
            yield Emit(Shoot.of(body))
        token = page.get("next_page_token", "")
        if not token:
            return


def shoot(session: Session, shop: str, name: str) -> Flow[Shoot]:
    """A shoot as it stands."""
    return Shoot.of((yield from get(session, at("shoots", shop, name)))["shoot"])


def set_empty_frame(session: Session, shop: str, name: str, original_key: str) -> Flow[Shoot]:
    """Names an uploaded photo of the empty set as the shoot's plate. Refused once the plate is frozen."""
    call = Call("PUT", at("shoots", shop, name, "empty-frame"), json={"original_key": original_key})
    return Shoot.of(understood((yield from ask(session, call)))["shoot"])

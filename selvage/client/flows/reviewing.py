"""Decisions of people, and what was decided."""

from __future__ import annotations

from selvage.client.asking import ask, at, get, understood
from selvage.client.effects import Call, Flow
from selvage.client.models import Image
from selvage.client.records import Decision
from selvage.client.session import Session


def decide(
    session: Session, image: Image, verdict: str, *, reviewer: str, reason: str = "", seconds: float = 0.0
) -> Flow[Image]:
    """Records what a person decided about the image as it was read; raises EtagMismatch when it has changed since.

    verdict: "approve", "reject", "fix" or "art_direction"; a rejection and art direction need a reason. seconds: how
    long it took.
    """
    body = {"verdict": f"VERDICT_{verdict.upper()}", "reason": reason, "reviewer": reviewer, "seconds": seconds}
    call = Call(
        "POST",
        at("images", f"{image.image_id}:decide"),
        json=body,
        headers={"If-Match": f'"{image.etag}"'},
        # A decision that arrived twice would be refused by its etag the second time.
        again="unsent",
    )
    return Image.of(understood((yield from ask(session, call)))["image"])


def decisions(session: Session, image_id: str) -> Flow[list[Decision]]:
    """What machines and people decided about an image, oldest first."""
    body = yield from get(session, at("images", image_id, "decisions"))
    return [Decision.of(one) for one in body.get("decisions", [])]

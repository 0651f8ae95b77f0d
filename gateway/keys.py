"""Content-addressed keys: `<shop>/<image sha256>/<stage>/<digest>`.

The digest is the SHA-256 over everything that can change the result: the code version of the service (its
fingerprint), the settings of the call and the digests of every input object. Equal keys mean equal results, so a
repeated step has no second effect and a re-post costs nothing.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping

from services.kit.errors import InvalidArgument

SHOP = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
SHA256 = re.compile(r"[0-9a-f]{64}")
STAGE = re.compile(r"[a-z][a-z0-9-]{0,30}")
ORIGINAL = "original"

_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"))
_ORIGINAL_KEY = re.compile(rf"(?P<shop>{SHOP.pattern})/(?P<sha256>{SHA256.pattern})/{ORIGINAL}/photo")


def valid_shop(shop: str) -> str:
    """The shop, when it is 1-63 of a-z, 0-9 and inner '-' (a DNS label; one case, for folders on any system).

    Raises InvalidArgument.
    """
    if not SHOP.fullmatch(shop):
        raise InvalidArgument(field="shop", problem="use 1-63 of a-z, 0-9 and '-', no '-' at either end")
    return shop


def original_key(shop: str, sha256: str) -> str:
    """Where the uploaded photo lies; equal photos of a shop are one object."""
    _assert_sha256(sha256)
    return f"{valid_shop(shop)}/{sha256}/{ORIGINAL}/photo"


def original_digest(key: str, shop: str) -> str | None:
    """The photo's SHA-256 out of a key made by `original_key` for this shop; None for any other key."""
    match = _ORIGINAL_KEY.fullmatch(key)
    return match["sha256"] if match and match["shop"] == shop else None


def stage_key(
    shop: str, image_sha256: str, stage: str, version: str, settings: Mapping[str, object], inputs: Mapping[str, str]
) -> str:
    """Prefix for the outputs of one stage.

    `settings` are JSON values; `inputs` maps the role of each input object to its SHA-256 ("" when there is none).
    """
    _assert_sha256(image_sha256)
    for digest in inputs.values():
        if digest:
            _assert_sha256(digest)
    assert STAGE.fullmatch(stage), stage
    content = _CANONICAL.encode([version, dict(settings), dict(inputs)])
    return f"{valid_shop(shop)}/{image_sha256}/{stage}/{hashlib.sha256(content.encode()).hexdigest()}"


def _assert_sha256(text: str) -> None:
    assert SHA256.fullmatch(text), f"not a SHA-256: {text!r}"

"""Rows of the error table that speak remove.bg's language, and its code for every other row."""

from __future__ import annotations

from dataclasses import dataclass

from services.kit.errors import SelvageError


class ParameterRefused(SelvageError):
    """{title}. {detail} Correct the request and send it again."""

    code, http = "INVALID_ARGUMENT", 400

    @classmethod
    def of(cls, code: str, title: str, detail: object = "") -> ParameterRefused:
        """`code` is remove.bg's."""
        return cls(code=code, title=title, detail=f"{detail}".strip().rstrip(".") + "." if detail else "")


@dataclass(frozen=True)
class Said:
    """How remove.bg says it."""

    status: int
    code: str
    title: str


def _bad(code: str, title: str) -> Said:
    return Said(400, code, title)


_TOO_LARGE = _bad("file_too_large", "File too large")
_UNREADABLE = _bad("failed_to_read_image", "Failed to read image")
_DOWNLOAD = _bad("failed_image_download", "Failed to download image from given image_url")
_REFUSED = Said(403, "auth_failed", "API Key invalid")
BY_REASON = {
    "EMPTY_FILE": _UNREADABLE,
    "TRUNCATED_FILE": _UNREADABLE,
    "UNREADABLE_FILE": _UNREADABLE,
    "UNSUPPORTED_FORMAT": _bad("invalid_file_type", "Invalid file type"),
    "ANIMATED_PICTURE": _bad("invalid_file_type", "Invalid file type"),
    "FILE_TOO_LARGE": _TOO_LARGE,
    "UPLOAD_TOO_LARGE": _TOO_LARGE,
    "REQUEST_TOO_LARGE": _TOO_LARGE,
    "FETCH_TOO_LARGE": _TOO_LARGE,
    "TOO_MANY_PIXELS": _bad("resolution_too_high", "Image resolution too high"),
    "TOO_FEW_PIXELS": _bad("invalid_dimensions", "Invalid image dimensions"),
    "CUTOUT_EMPTY": _bad("unknown_foreground", "Could not identify foreground in image"),
    "PHOTO_MISSING": _bad("missing_source", "No image given"),
    "PHOTOS_SEVERAL": _bad("multiple_sources", "Multiple image sources given"),
    "URL_INVALID": _bad("invalid_image_url", "Invalid image_url parameter given"),
    "FETCH_ERROR": _DOWNLOAD,
    "FETCH_DISABLED": _DOWNLOAD,
    "FETCH_FAILED": _DOWNLOAD,
    "FETCH_TIMEOUT": _DOWNLOAD,
    "SOURCE_FORBIDDEN": _DOWNLOAD,
    "NOT_A_PHOTO": _DOWNLOAD,
    "NOT_AUTHENTICATED": _REFUSED,
    "KEY_MISSING": _REFUSED,
    "KEY_REFUSED": _REFUSED,
    "KEY_EXPIRED": _REFUSED,
    "KEY_REVOKED": _REFUSED,
    "ROLE_MISSING": Said(403, "forbidden", "API Key may not do this"),
    "SHOP_FORBIDDEN": Said(403, "forbidden", "API Key may not do this"),
    "QUOTA_EXCEEDED": Said(402, "insufficient_credits", "Insufficient credits"),
    "REQUESTS_EXCEEDED": Said(429, "rate_limit_exceeded", "Rate limit exceeded"),
}


def said(error: SelvageError) -> Said:
    if isinstance(error, ParameterRefused):
        return _bad(error.details["code"], error.details["title"])
    known = BY_REASON.get(error.reason)
    if known is not None:
        return known
    if error.http == 429:
        return BY_REASON["REQUESTS_EXCEEDED"]
    return Said(error.http, error.reason.lower(), error.reason.replace("_", " ").capitalize())

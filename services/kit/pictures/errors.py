"""Refusals of the picture room beyond the common photo rows."""

from __future__ import annotations

from services.kit.errors import PhotoError


class PictureTooLargeForFormat(PhotoError):
    """{format} holds at most {limit} pixels a side, the picture is {width} x {height}.
    Choose another format or a smaller export."""

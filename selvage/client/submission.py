"""What is handed in: photos, stored ones, and images of a new job."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

PRIORITIES = ("rush", "normal", "bulk")
Content = bytes | str | os.PathLike[str] | BinaryIO
"""A photo: its bytes, the path of its file, or an open file that is read to its end."""


@dataclass(frozen=True)
class StoredPhoto:
    """An uploaded photo; `key` goes into NewImage.original_key."""

    key: str
    sha256: str
    size_bytes: int
    media_type: str

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> StoredPhoto:
        size = int(body.get("size_bytes", 0))
        return cls(str(body["key"]), str(body["sha256"]), size, str(body.get("media_type", "")))


@dataclass(frozen=True)
class NewImage:
    """An uploaded photo of a new job. Empty fields are left to the server, as docs/rest.md says."""

    original_key: str
    source_name: str
    sku: str = ""
    image_no: str = ""
    shoot: str = ""
    category: str = ""
    tier: str = ""
    """"hero", "bulk" or empty."""
    template: str = ""
    due_time: str = ""
    """RFC 3339, or empty."""

    def to_json(self) -> dict[str, str]:
        body = {name: value for name, value in asdict(self).items() if value}
        if self.tier:
            body["tier"] = f"TIER_{self.tier.upper()}"
        return body


@dataclass(frozen=True)
class Photo:
    """A photo to upload and submit, with what is known of it; the fields mean what they mean in NewImage.

    source_name: empty for the name of the file.
    """

    content: Content
    source_name: str = ""
    sku: str = ""
    image_no: str = ""
    shoot: str = ""
    category: str = ""
    tier: str = ""
    template: str = ""
    due_time: str = ""

    @property
    def name(self) -> str:
        if self.source_name:
            return self.source_name
        told = self.content if isinstance(self.content, str | os.PathLike) else getattr(self.content, "name", "")
        return Path(told).name if isinstance(told, str | os.PathLike) else ""

    def image(self, key: str) -> NewImage:
        fields = (self.sku, self.image_no, self.shoot, self.category, self.tier, self.template, self.due_time)
        return NewImage(key, self.name, *fields)

"""Intake: is it a photo we can use, and how large is it."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace

from services.kit import pictures, usage
from services.kit.errors import FileTooLarge, TruncatedFile
from services.kit.fingerprint import fingerprint
from services.kit.usage.servicer import message

from .types import ImageRun, Result, Stage, Tools, Work

VERSION = fingerprint("services.kit.pictures", "gateway.stages.intake")


async def plan(run: ImageRun, tools: Tools) -> Work:
    original = run.original
    limits = tools.photo_limits

    def read() -> Result:
        size = tools.store.stat(original.key).size
        if size > limits.bytes:
            raise FileTooLarge(size=size, limit=limits.bytes)
        data = tools.store.get(original.key)
        # The key promises these bytes; results of others must not be filed under it.
        if hashlib.sha256(data).hexdigest() != original.sha256:
            raise TruncatedFile(cause="its checksum is not the one of the upload")
        info = pictures.probe(data, limits)
        return Result(
            numbers={
                "format": info.format, "width": info.width, "height": info.height, "bits": info.bits,
                "profile": info.profile or "", "orientation": info.orientation, "has_alpha": info.has_alpha,
                "bytes": size,
            }
        )  # fmt: skip

    def metered() -> Result:
        with usage.meter().working():
            return read()

    async def work(_prefix: str) -> Result:
        with usage.meter().serving(str(run.image_id), "Intake") as call:
            result = await asyncio.to_thread(metered)
            return replace(result, use=message(usage.meter().settle(call)))

    return Work(VERSION, {"limits": repr(limits)}, {"photo": original.sha256}, work)


INTAKE = Stage("intake", plan)

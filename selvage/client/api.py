"""The Python client of Selvage's REST API (docs/rest.md)."""

from __future__ import annotations

import hashlib
import json
import mimetypes
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from selvage.errors import DownloadDamaged, ServerUnreachable, WaitTimedOut
from services.kit.errors import Overloaded, StoreUnavailable

from .models import Image, Job, NewImage, Progress, StoredPhoto, stored
from .transport import Transport

PAGE = 500
CHUNK = 1 << 18
# The server sends a sign of life every 15 s; a stream silent for longer is dead.
SILENCE = 60.0


class Client:
    """Talks to `selvage serve`, or to a gateway elsewhere. Use it in a `with`, or close it.

    Errors are the rows of Selvage's error table (subclasses of services.kit.errors.SelvageError). A busy server (429,
    503) and lost connections are waited out up to `retries` times.
    """

    def __init__(
        self,
        base_url: str = "http://127.0.0.1:7480",
        *,
        timeout: float = 60.0,
        retries: int = 5,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._transport = Transport(base_url, timeout=timeout, retries=retries, sleep=sleep)

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._transport.close()

    def upload(self, photo: bytes | Path, *, shop: str = "", media_type: str = "") -> StoredPhoto:
        """Puts a photo into the store; the same bytes twice are stored once. A path is read piece by piece."""
        name = photo.name if isinstance(photo, Path) else ""
        kind = media_type or mimetypes.guess_type(name)[0] or "application/octet-stream"
        size = photo.stat().st_size if isinstance(photo, Path) else len(photo)
        answer = self._transport.call(
            "POST",
            "/v1/uploads",
            params={"shop": shop},
            headers={"Content-Type": kind, "Content-Length": str(size)},
            content=lambda: _pieces(photo) if isinstance(photo, Path) else photo,
        )
        return stored(answer.json()["object"])

    def create_job(
        self,
        images: Sequence[NewImage],
        *,
        shop: str = "",
        template: str = "",
        profile: str = "",
        label: str = "",
        request_id: str = "",
    ) -> Job:
        """Starts a job. The same request id with the same content answers the job made first (`Job.replayed`)."""
        body = {
            "shop": shop,
            "images": [image.to_json() for image in images],
            "template": template,
            "profile": profile,
            "label": label,
        }
        key = request_id or str(uuid.uuid4())
        answer = self._transport.call("POST", "/v1/jobs", json=body, headers={"Idempotency-Key": key})
        return Job.of(answer.json()["job"], replayed=answer.headers.get("idempotent-replayed") == "true")

    def job(self, job_id: str) -> Job:
        return Job.of(self._get(f"/v1/jobs/{job_id}")["job"])

    def jobs(self, shop: str = "") -> Iterator[Job]:
        """Every job, the newest first."""
        return (Job.of(body) for body in self._pages("/v1/jobs", "jobs", shop=shop))

    def images(self, job_id: str, states: Iterable[str] = ()) -> Iterator[Image]:
        """The images of a job in order of submission, all or those in the named states."""
        pages = self._pages(f"/v1/jobs/{job_id}/images", "images", states=list(states))
        return (Image.of(body) for body in pages)

    def image(self, image_id: str) -> Image:
        return Image.of(self._get(f"/v1/images/{image_id}")["image"])

    def watch(self, job_id: str) -> Iterator[Progress]:
        """The job as it stands, then every change, until it has ended. A lost connection is made again."""
        lost = 0
        while True:
            try:
                with self._transport.stream(f"/v1/jobs/{job_id}/events", timeout=SILENCE) as answer:
                    for body in _events(answer.iter_lines()):
                        lost = 0
                        progress = Progress(Job.of(body["job"]), tuple(Image.of(image) for image in body["images"]))
                        yield progress
                        if progress.job.ended:
                            return
            except (ServerUnreachable, Overloaded, StoreUnavailable):
                if lost >= self._transport.retries:
                    raise
            self._transport.pause(lost)
            lost += 1

    def wait(
        self, job_id: str, on_progress: Callable[[Progress], None] | None = None, *, timeout: float | None = None
    ) -> Job:
        """Waits until every image has a result or waits for a person. timeout: seconds; raises WaitTimedOut."""
        until = None if timeout is None else time.monotonic() + timeout
        for progress in self.watch(job_id):
            if on_progress:
                on_progress(progress)
            if progress.job.ended:
                break
            if until is not None and time.monotonic() > until:
                raise WaitTimedOut(job_id=job_id, seconds=timeout)
        return self.job(job_id)

    def download(self, image: Image, name: str, to: Path) -> Path:
        """Writes one result file (`ImageFile.name`, or "original"); `to` appears whole or not at all."""
        digest = hashlib.sha256()
        wanted = next((file.sha256 for file in image.files if file.name == name), image.original_sha256)
        part = to.with_name(f".{to.name}.{uuid.uuid4().hex[:8]}.part")
        to.parent.mkdir(parents=True, exist_ok=True)
        try:
            with (
                self._transport.stream(f"/v1/images/{image.image_id}/files/{name}") as answer,
                part.open("wb") as file,
            ):
                for piece in answer.iter_bytes(CHUNK):
                    digest.update(piece)
                    file.write(piece)
            if wanted and digest.hexdigest() != wanted:
                raise DownloadDamaged(name=name, image_id=image.image_id)
            part.replace(to)
        finally:
            part.unlink(missing_ok=True)
        return to

    def cancel(self, job_id: str) -> Job:
        """Stops what has not started; results of what has are discarded."""
        return Job.of(self._transport.call("POST", f"/v1/jobs/{job_id}:cancel").json()["job"])

    def decide(self, image: Image, verdict: str, *, reviewer: str, reason: str = "", seconds: float = 0.0) -> Image:
        """Records what a person decided ("approve" or "reject") about the image as it was read."""
        body = {"verdict": f"VERDICT_{verdict.upper()}", "reason": reason, "reviewer": reviewer, "seconds": seconds}
        answer = self._transport.call(
            "POST",
            f"/v1/images/{image.image_id}:decide",
            json=body,
            headers={"If-Match": f'"{image.etag}"'},
            # A decision that arrived twice would be refused by its etag the second time.
            repeatable=False,
        )
        return Image.of(answer.json()["image"])

    def _get(self, path: str, **parameters: Any) -> dict[str, Any]:
        body: dict[str, Any] = self._transport.call("GET", path, params=parameters).json()
        return body

    def _pages(self, path: str, field: str, **parameters: Any) -> Iterator[dict[str, Any]]:
        token = ""
        while True:
            body = self._get(path, page_size=PAGE, page_token=token, **parameters)
            yield from body.get(field, [])
            token = body.get("next_page_token", "")
            if not token:
                return


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            yield piece


def _events(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """The data of server-sent events (WHATWG HTML 9.2.6); comments and other fields are passed over."""
    data: list[str] = []
    for line in lines:
        if line.startswith("data:"):
            data.append(line[5:].removeprefix(" "))
        elif not line and data:
            yield json.loads("\n".join(data))
            data = []

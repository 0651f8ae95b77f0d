"""The object store on any S3 service, by plain calls only: put, get, head, list, presign, multipart."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import certifi
import minio
import urllib3
from minio.datatypes import Object
from minio.error import S3Error

from services.kit import metrics, usage
from services.kit.errors import (
    ObjectExists,
    ObjectNotFound,
    RangeOutsideObject,
    StoreUnavailable,
    UnreadableFile,
    UnwritableFile,
)
from services.kit.store import keys
from services.kit.store.port import StoredObject
from services.kit.store.s3_errors import translated
from services.kit.store.settings import StoreSettings

DIGEST = "sha256"
"""Name of the user metadata that carries the digest (`x-amz-meta-sha256` on the wire)."""
PART = 8 << 20
"""Larger objects go up in parts of this size, three at a time."""
PIECE = 1 << 20


class S3Store:
    """`ObjectStore` and `Presigning` over one bucket, which must exist."""

    def __init__(self, settings: StoreSettings) -> None:
        self.bucket = settings.bucket
        self._client = _client(settings, settings.endpoint)
        self._creating = _client(settings, settings.endpoint, _OnlyNew)
        host, secure = settings.public
        self._public = _client(settings, host, secure=secure)

    def put(self, key: str, data: bytes, media_type: str) -> StoredObject:
        made = StoredObject(keys.check(key), hashlib.sha256(data).hexdigest(), len(data), media_type)
        self._upload(made, io.BytesIO(data))
        return made

    def put_file(self, key: str, path: Path, media_type: str, *, only_new: bool = False) -> StoredObject:
        keys.check(key)
        try:
            with path.open("rb") as source:
                digest = hashlib.file_digest(source, "sha256").hexdigest()
                made = StoredObject(key, digest, source.tell(), media_type)
                source.seek(0)
                self._upload(made, source, only_new=only_new)
        except OSError as error:
            raise UnreadableFile(cause=error.strerror) from error
        return made

    def get(self, key: str) -> bytes:
        with self._errors(keys.check(key)), self._open(key) as response:
            return bytes(response.read())

    def get_file(self, key: str, path: Path, start: int = 0, end: int | None = None) -> None:
        keys.check(key)
        if start < 0 or (end is not None and end <= start):
            raise RangeOutsideObject(key=key, range=keys.span(start, end))
        temporary = path.with_name(f"{path.name}.{os.urandom(8).hex()}.part")
        try:
            with self._errors(key), self._open(key, start, end) as response, temporary.open("xb") as out:
                if (start, end) != (0, None) and response.status != 206:
                    raise StoreUnavailable(cause="it sends whole objects when asked for a range")
                for piece in response.stream(PIECE):
                    out.write(piece)
            temporary.replace(path)
        except OSError as error:
            raise UnwritableFile(path=path, cause=error.strerror) from error
        finally:
            temporary.unlink(missing_ok=True)

    def stat(self, key: str) -> StoredObject:
        with self._errors(keys.check(key)):
            found = self._client.stat_object(self.bucket, key)
        return _stored(found, found.content_type or "")

    def exists(self, key: str) -> bool:
        try:
            self.stat(key)
        except ObjectNotFound:
            return False
        return True

    def list(self, prefix: str) -> Iterator[StoredObject]:
        with self._errors(prefix):
            for found in self._client.list_objects(self.bucket, prefix, recursive=True, include_user_meta=True):
                assert found.object_name is not None
                described = _listed(found)
                if described is None:  # only MinIO lists metadata; elsewhere one call an object
                    with contextlib.suppress(ObjectNotFound):  # deleted meanwhile
                        described = self.stat(found.object_name)
                if described is not None:
                    yield described

    def delete(self, key: str) -> None:
        with self._errors(keys.check(key)):
            self._client.remove_object(self.bucket, key)

    def presign_get(self, key: str, seconds: int, *, file_name: str = "") -> str:
        headers = (
            {"response-content-disposition": f'attachment; filename="{keys.check(file_name)}"'} if file_name else {}
        )
        with self._errors(keys.check(key)):
            return self._public.presigned_get_object(
                self.bucket, key, expires=timedelta(seconds=seconds), response_headers=dict(headers)
            )

    def presign_put(self, key: str, seconds: int) -> str:
        with self._errors(keys.check(key)):
            return self._public.presigned_put_object(self.bucket, key, expires=timedelta(seconds=seconds))

    def ensure_bucket(self) -> None:
        """Creates the bucket when it is not there; for set-up, not for every start."""
        with self._errors(""):
            if not self._client.bucket_exists(self.bucket):
                self._client.make_bucket(self.bucket)

    def _upload(self, made: StoredObject, source: io.BufferedIOBase, *, only_new: bool = False) -> None:
        # What goes in one request is refused by the service itself; of a long upload it would say so only at its end.
        if not only_new or made.size > PART:
            with contextlib.suppress(ObjectNotFound):
                found = self.stat(made.key)
                if only_new:
                    raise ObjectExists(key=made.key)
                if found == made:
                    return
        with self._errors(made.key):
            (self._creating if only_new else self._client).put_object(
                self.bucket,
                made.key,
                source,  # type: ignore[arg-type]
                made.size,
                content_type=made.media_type,
                metadata={DIGEST: made.sha256},
                part_size=PART,
            )
        metrics.count_stored(made.media_type, made.size)
        usage.note_bytes(made.size)

    @contextlib.contextmanager
    def _open(self, key: str, start: int = 0, end: int | None = None) -> Iterator[urllib3.BaseHTTPResponse]:
        try:
            response = self._client.get_object(self.bucket, key, start, 0 if end is None else end - start)
        except S3Error as error:
            if error.code == "InvalidRange":
                raise RangeOutsideObject(key=key, range=keys.span(start, end)) from error
            raise
        try:
            yield response
        finally:
            response.close()
            response.release_conn()

    def _errors(self, key: str) -> contextlib.AbstractContextManager[None]:
        return translated(self.bucket, key)


class _OnlyNew(urllib3.PoolManager):
    """Sends `If-None-Match: *` with what makes an object: a PUT of a whole one, and the end of a multipart upload.
    The SDK has no argument for it; this header needs no signature."""

    def urlopen(  # type: ignore[override]  # as urllib3 overrides it itself
        self, method: str, url: str, redirect: bool = True, **more: Any
    ) -> urllib3.BaseHTTPResponse:
        asked = parse_qs(urlsplit(url).query, keep_blank_values=True)
        if (method == "PUT" and "partNumber" not in asked) or (method == "POST" and "uploadId" in asked):
            more["headers"] = urllib3.HTTPHeaderDict(more["headers"], **{"If-None-Match": "*"})
        return super().urlopen(method, url, redirect, **more)


def _client(
    settings: StoreSettings,
    endpoint: str,
    manager: type[urllib3.PoolManager] = urllib3.PoolManager,
    *,
    secure: bool | None = None,
) -> minio.Minio:
    pool = manager(
        timeout=urllib3.Timeout(connect=settings.connect_seconds, read=settings.read_seconds),
        retries=urllib3.Retry(
            total=settings.retries, backoff_factor=0.2, status_forcelist=[500, 502, 503, 504], raise_on_status=False
        ),
        maxsize=16,
        cert_reqs="CERT_REQUIRED",
        ca_certs=os.environ.get("SSL_CERT_FILE") or certifi.where(),
    )
    return minio.Minio(
        endpoint,
        access_key=settings.access_key,
        secret_key=settings.secret_key.get_secret_value(),
        secure=settings.secure if secure is None else secure,
        region=settings.region,
        http_client=pool,
    )


def _stored(found: Object, media_type: str) -> StoredObject:
    # MinIO lists metadata as "X-Amz-Meta-Sha256", a HEAD answers "x-amz-meta-sha256".
    metadata = {name.lower(): str(value) for name, value in (found.metadata or {}).items()}
    digest = metadata.get(f"x-amz-meta-{DIGEST}", "")
    assert found.object_name is not None
    return StoredObject(found.object_name, digest, found.size or 0, media_type or metadata.get("content-type", ""))


def _listed(found: Object) -> StoredObject | None:
    described = _stored(found, "")
    return described if described.sha256 and described.media_type else None

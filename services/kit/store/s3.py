"""The object store on any S3 service, by plain calls only: put, get, head, list, presign, multipart."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import certifi
import minio
import urllib3
from minio.datatypes import Object
from minio.error import InvalidResponseError, MinioException, S3Error, ServerError

from services.kit import metrics, usage
from services.kit.errors import (
    BucketMissing,
    InvalidKey,
    ObjectNotFound,
    SelvageError,
    StoreDenied,
    StoreFull,
    StoreUnavailable,
    UnreadableFile,
    UnwritableFile,
)
from services.kit.store import keys
from services.kit.store.port import StoredObject
from services.kit.store.settings import StoreSettings

DIGEST = "sha256"
"""Name of the user metadata that carries the digest (`x-amz-meta-sha256` on the wire)."""
PART = 8 << 20
"""Larger objects go up in parts of this size, three at a time."""
PIECE = 1 << 20
FULL = {"XMinioStorageFull", "XMinioAdminBucketQuotaExceeded", "QuotaExceeded", "InsufficientStorage"}
MISSING = {"NoSuchKey", "NoSuchObject", "NoSuchVersion", "ResourceNotFound"}
FOLDER = {"XMinioObjectExistsAsDirectory", "XMinioParentIsObject", "XMinioInvalidObjectName", "KeyTooLongError"}
BUSY = {"SlowDown", "ServiceUnavailable", "InternalError", "RequestTimeout", "XMinioServerNotInitialized"}


class S3Store:
    """`ObjectStore` and `Presigning` over one bucket, which must exist."""

    def __init__(self, settings: StoreSettings) -> None:
        self.bucket = settings.bucket
        self._client = _client(settings, settings.endpoint)
        host, secure = settings.public
        self._public = _client(settings, host, secure=secure)

    def put(self, key: str, data: bytes, media_type: str) -> StoredObject:
        made = StoredObject(keys.check(key), hashlib.sha256(data).hexdigest(), len(data), media_type)
        self._upload(made, io.BytesIO(data))
        return made

    def put_file(self, key: str, path: Path, media_type: str) -> StoredObject:
        keys.check(key)
        try:
            with path.open("rb") as source:
                digest = hashlib.file_digest(source, "sha256").hexdigest()
                made = StoredObject(key, digest, source.tell(), media_type)
                source.seek(0)
                self._upload(made, source)
        except OSError as error:
            raise UnreadableFile(cause=error.strerror) from error
        return made

    def get(self, key: str) -> bytes:
        with self._errors(keys.check(key)), self._open(key) as response:
            return bytes(response.read())

    def get_file(self, key: str, path: Path) -> None:
        temporary = path.with_name(f"{path.name}.{os.urandom(8).hex()}.part")
        try:
            with self._errors(keys.check(key)), self._open(key) as response, temporary.open("xb") as out:
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

    def _upload(self, made: StoredObject, source: io.BufferedIOBase) -> None:
        with contextlib.suppress(ObjectNotFound):
            if self.stat(made.key) == made:
                return
        with self._errors(made.key):
            self._client.put_object(
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
    def _open(self, key: str) -> Iterator[urllib3.BaseHTTPResponse]:
        response = self._client.get_object(self.bucket, key)
        try:
            yield response
        finally:
            response.close()
            response.release_conn()

    @contextlib.contextmanager
    def _errors(self, key: str) -> Iterator[None]:
        """The SDK's and the connection's errors as rows of the error table."""
        try:
            yield
        except S3Error as error:
            raise self._row(error, key) from error
        except (ServerError, InvalidResponseError) as error:
            cause = str(error)
            row = StoreFull if _full(cause) else StoreUnavailable
            raise row(cause=cause[:200]) from error
        except MinioException as error:
            raise StoreDenied(cause=str(error)[:200]) from error
        except urllib3.exceptions.HTTPError as error:
            raise StoreUnavailable(cause=_short(error)) from error

    def _row(self, error: S3Error, key: str) -> SelvageError:
        cause = f"{error.code}: {error.message}"
        if error.code in MISSING:
            return ObjectNotFound(key=key)
        if error.code == "NoSuchBucket":
            return BucketMissing(bucket=self.bucket)
        if error.code in FULL or _full(cause):
            return StoreFull(cause=cause)
        if error.code in FOLDER:
            return InvalidKey(key=repr(key))
        if error.code in BUSY or error.response.status >= 500:
            return StoreUnavailable(cause=cause)
        return StoreDenied(cause=cause)


def _client(settings: StoreSettings, endpoint: str, *, secure: bool | None = None) -> minio.Minio:
    pool = urllib3.PoolManager(
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


def _full(cause: str) -> bool:
    """A disk that fills up in the middle of an upload is an internal error to MinIO; only its text tells."""
    return any(text in cause.lower() for text in ("no space left", "drive path full", "minimum free"))


def _short(error: urllib3.exceptions.HTTPError) -> str:
    reason = getattr(error, "reason", None) or error
    return f"{type(reason).__name__}: {reason}"[:200]

"""The object store: written, listed, read whole and in part, kept from being overwritten, deleted."""

from __future__ import annotations

import tempfile
import uuid
from pathlib import Path

import httpx

from services.kit.errors import BucketMissing, ObjectExists, StoreClock, StoreDenied, StoreFull, StoreUnavailable
from services.kit.store import ObjectStore, StoreSettings, open_store

from .chart import CLOCK_REPAIR, Chart, Finding, Unwell

CONTENT = b"Selvage was here"
PART = slice(8, 11)
ANSWER_SECONDS = 10.0
REPAIRS = {
    BucketMissing: "Run `python -m services.kit.store` with the same settings: it makes the bucket.",
    StoreDenied: "Give the key s3:GetObject, PutObject, DeleteObject and ListBucket on the bucket, and correct"
    " SELVAGE_STORE_ACCESS_KEY and SELVAGE_STORE_SECRET_KEY; of a folder, its owner.",
    StoreClock: CLOCK_REPAIR,
    StoreFull: "Free some space, enlarge the disk or raise the bucket's quota, or keep less (SELVAGE_RETENTION_*).",
    StoreUnavailable: "Start the store, and correct SELVAGE_STORE_ENDPOINT, SELVAGE_STORE_SECURE or the network.",
}
OTHERWISE = "Check SELVAGE_STORE_URL, or the permissions of the home folder."


def check(chart: Chart, settings: StoreSettings) -> None:
    _clock(chart, settings)
    try:
        with tempfile.TemporaryDirectory(prefix="selvage-doctor-") as folder:
            use(open_store(settings), Path(folder))
    except tuple(REPAIRS) as error:
        repair = next(repair for row, repair in REPAIRS.items() if isinstance(error, row))
        chart.findings.append(Finding("store", False, f"{_name(settings)}: {error.message}", repair))
        return
    except Unwell as error:
        repair = "Use a store that keeps to S3, such as one docs/docker.md names, or a newer version of this one."
        chart.findings.append(Finding("store", False, f"{_name(settings)}: {error}", repair))
        return
    chart.add("store", f"{_name(settings)} can be written, listed, read in parts and deleted from")


def use(store: ObjectStore, folder: Path) -> None:
    """Raises what the store raises, and Unwell where it does not do as it was told."""
    key, file = f"doctor/{uuid.uuid4().hex}", folder / "content"
    file.write_bytes(CONTENT)
    try:
        store.put_file(key, file, "text/plain", only_new=True)
        if store.get(key) != CONTENT:
            raise Unwell("what was read is not what was written")
        if [found.key for found in store.list(key)] != [key]:
            raise Unwell("what was written is not listed")
        store.get_file(key, folder / "part", PART.start, PART.stop)
        if (folder / "part").read_bytes() != CONTENT[PART]:
            raise Unwell("a range that was asked for came with other bytes")
        _overwrite(store, key, file)
    finally:
        store.delete(key)
    if store.exists(key):
        raise Unwell("what was deleted is still there")


def _overwrite(store: ObjectStore, key: str, file: Path) -> None:
    """Raises Unwell where that is not refused. A file this small is sent without looking first."""
    try:
        store.put_file(key, file, "text/plain", only_new=True)
    except ObjectExists:
        return
    raise Unwell("it writes over an object although told to write new ones only (If-None-Match)")


def _name(settings: StoreSettings) -> str:
    return f"{settings.url} at {settings.endpoint}" if settings.bucket else settings.url


def _clock(chart: Chart, settings: StoreSettings) -> None:
    """An answer without a signature is a refusal, but dated."""
    if not settings.bucket:
        return
    scheme, before = "https" if settings.secure else "http", chart.now()
    try:
        answer = httpx.head(f"{scheme}://{settings.endpoint}/", timeout=ANSWER_SECONDS, trust_env=False)
    except httpx.HTTPError:
        return  # said by `check`
    chart.compare_header("store", answer.headers.get("date", ""), before)

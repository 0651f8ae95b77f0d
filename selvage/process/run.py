"""`selvage process`: photos in, READY out. A second run of the same command takes up where the first one ended."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from selvage.client import Client, Image, Problem
from selvage.embedded import EmbeddedSet, home_folder
from selvage.errors import OutIsInput, PhotoCancelled
from selvage.logfile import logging_to
from services.kit.errors import PhotoError

from . import csvfile, inputs, manifest, report, thumbs
from .entry import FAILED, Entry
from .job import Order, Submitted, submit, upload
from .progress import Bar
from .ready import THUMBNAILS, Ready, prepare


@dataclass(frozen=True)
class Options:
    photos: Path
    out: Path
    template: str = ""
    profile: str = ""
    csv: Path | None = None
    recursive: bool = False
    workers: int | None = None
    shop: str = "local"
    home: Path | None = None


@dataclass(frozen=True)
class Outcome:
    entries: tuple[Entry, ...]
    manifest: dict[str, Any]

    @property
    def failed(self) -> int:
        return sum(entry.status == FAILED for entry in self.entries)


def run(options: Options, console: Console) -> Outcome:
    """Does the whole job; progress goes to the console. Raises rows of the error table when it cannot be done."""
    if options.out.resolve() == options.photos.resolve():
        raise OutIsInput(path=options.out)
    found = _inputs(options)
    prepare(options.out)
    entries = [Entry(source) for source in found.sources]
    with Bar(console, len(entries)) as bar:
        for note in found.notes:
            bar.note(note)
        bar.phase("Starting")
        with (
            logging_to(home_folder(options.home), "process"),
            EmbeddedSet(home=options.home, workers=options.workers) as parts,
            Client(parts.rest_url, api_key="", timeout=300.0) as client,
        ):
            _process(client, entries, options, bar)
        bar.phase("Writing the report", completed=len(entries))
        body = manifest.build(entries)
        report.write(options.out, entries, template=options.template)
        manifest.write(options.out, body)
    return Outcome(tuple(entries), body)


def _inputs(options: Options) -> inputs.Inputs:
    without = [options.out, *([options.home] if options.home else [])]
    found = inputs.find(options.photos, recursive=options.recursive, without=without)
    if options.csv is None:
        return found
    rows = csvfile.assign(csvfile.read(options.csv), (source.name for source in found.sources), options.csv)
    return inputs.find(options.photos, recursive=options.recursive, without=without, rows=rows)


def _process(client: Client, entries: Sequence[Entry], options: Options, bar: Bar) -> None:
    order = Order(options.out, options.shop, options.template, options.profile, label=options.photos.resolve().name)
    bar.phase("Reading")
    stored = upload(client, entries, options.shop, lambda count: bar.phase("Reading", completed=count))
    unread = len(entries) - len(stored)
    with _Finisher(Ready(options.out, client)) as finisher:
        jobs = list(submit(client, entries, stored, order))
        for submitted in jobs:
            _take(client, submitted)
        current = [entry for entry in entries if entry.image]
        bar.begin_work({entry.image.image_id for entry in current if entry.image and entry.image.ended}, unread)
        if jobs:
            _watch(client, jobs[-1], finisher, bar)
            bar.phase("Fetching", completed=bar.done)
        for entry in current:
            finisher.take(entry)


def _take(client: Client, submitted: Submitted) -> None:
    """Every entry gets its image as it stands. The order of submission joins them, since names may have changed."""
    for entry, image in zip(submitted.entries, client.images(submitted.job.job_id), strict=True):
        entry.image = image
        if image.state == "cancelled":
            cancelled = PhotoCancelled()
            entry.error = Problem(cancelled.reason, cancelled.message)
        else:
            entry.error = None


def _watch(client: Client, submitted: Submitted, finisher: _Finisher, bar: Bar) -> None:
    by_id = {entry.image.image_id: entry for entry in submitted.entries if entry.image}
    for progress in client.watch(submitted.job.job_id):
        for image in progress.images:
            entry = by_id.get(image.image_id)
            if entry is None:
                continue
            entry.image = image
            bar.image(image)
            if image.ended:
                finisher.take(entry)
    _take(client, submitted)


class _Finisher:
    """Fetches the files of ended images and makes thumbnails while others are still worked on."""

    def __init__(self, ready: Ready) -> None:
        self._ready = ready
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="selvage-fetch")
        self._taken: dict[str, str] = {}
        self._running: list[Future[None]] = []

    def __enter__(self) -> _Finisher:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._thread.shutdown(wait=kind is None, cancel_futures=kind is not None)
        if kind is None:
            for future in self._running:
                future.result()

    def take(self, entry: Entry) -> None:
        """Once for every version of an image that has files."""
        image = entry.image
        if image is None or not image.files or self._taken.get(image.image_id) == image.etag:
            return
        self._taken[image.image_id] = image.etag
        self._running.append(self._thread.submit(self._finish, entry, image))

    def _finish(self, entry: Entry, image: Image) -> None:
        files = self._ready.fetch(image)
        entry.files = files
        cutout = next((file for file in image.files if file.name == "cutout"), None)
        if cutout is None:
            return
        out = self._ready.out
        # The digest in the name: a changed cut-out gets a thumbnail of its own, an unchanged one keeps it.
        stem = f"{THUMBNAILS}/{image.sku}_{image.image_no}"
        before = f"{stem}_{image.original_sha256[:10]}_photo.webp"
        after = f"{stem}_{cutout.sha256[:10]}_cutout.webp"
        if not (out / before).exists() and not _photographed(entry, out / before):
            return
        if not (out / after).exists():
            thumbs.cutout(out / files.by_name["cutout"], out / after)
        entry.before, entry.after = before, after


def _photographed(entry: Entry, target: Path) -> bool:
    """False when the photo has gone since it was uploaded: its results are complete, only the report shows no pair."""
    try:
        thumbs.photo(entry.source.path, target)
    except (OSError, PhotoError):
        return False
    return True

"""Decoding with a bound on wall time and memory: in worker processes, when SELVAGE_LIMIT_DECODE says so.

A decoder may hang, grow or crash on a hostile file. Inside a thread nothing could stop it, and a limit on address space
(RLIMIT_AS) breaks libvips, whose author advises against it; so a worker is watched from outside and killed.
"""

from __future__ import annotations

import atexit
import base64
import contextlib
import functools
import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import asdict
from typing import Any

import numpy as np
import psutil

from services.kit import usage
from services.kit.errors import PhotoError
from services.kit.pictures.decode import decode as decode_here
from services.kit.pictures.errors import DecodeCrashed, DecodeMemory, DecodeTimeout
from services.kit.pictures.exchange import Exchange, exchange
from services.kit.pictures.limits import check_bytes
from services.kit.pictures.model import Limits, Picture, PictureInfo
from services.kit.pictures.probe import probe as probe_here
from services.kit.pictures.settings import LimitSettings
from services.kit.settings import current

_PAUSE = 0.02  # seconds between two looks at a worker
_MIB = 1 << 20


def probe(data: bytes, limits: Limits | None = None) -> PictureInfo:
    """`probe.probe` within the bounds of SELVAGE_LIMIT_*; `limits` wins over those of the environment.

    Raises also DecodeTimeout, DecodeMemory, DecodeCrashed, SettingsInvalid.
    """
    settings = current(LimitSettings)
    limits = limits or settings.limits()
    if settings.decode == "inline":
        return probe_here(data, limits)
    return _info(_ask(data, limits, settings, {"pixels": None})["info"])


def decode(data: bytes, limits: Limits | None = None, *, long_side: int | None = None, quick: bool = False) -> Picture:
    """`decode.decode` within the bounds of SELVAGE_LIMIT_*; `limits` wins over those of the environment.

    Raises also DecodeTimeout, DecodeMemory, DecodeCrashed, SettingsInvalid.
    """
    settings = current(LimitSettings)
    limits = limits or settings.limits()
    if settings.decode == "inline":
        return decode_here(data, limits, long_side=long_side, quick=quick)
    if long_side is not None and long_side < 1:
        raise ValueError(f"long_side must be at least 1, not {long_side}")
    with exchange() as out:
        wanted = {"pixels": out.path, "long_side": long_side, "quick": quick}
        answer = _ask(data, limits, settings, wanted)
        return _picture(answer, out)


def _ask(data: bytes, limits: Limits, settings: LimitSettings, request: dict[str, Any]) -> dict[str, Any]:
    """The answer of a worker. Raises the row it names, or the one for the bound it broke."""
    check_bytes(len(data), limits)
    with exchange() as given:
        given.write(data)
        request |= {"data": given.path, "limits": asdict(limits)}
        answer = _crew().ask(request, settings.decode_seconds, settings.decode_memory_mb)
    if "bug" in answer:
        raise RuntimeError(f"a decode worker failed:\n{answer['bug']}")
    if "memory" in answer:
        raise DecodeMemory(limit=settings.decode_memory_mb)
    if "error" in answer:
        row = next((row for row in _rows(PhotoError) if row.reason == answer["error"]), DecodeCrashed)
        raise row.rebuild(answer["message"], answer["details"])
    return answer


def _rows(base: type[PhotoError]) -> list[type[PhotoError]]:
    return [base, *(row for child in base.__subclasses__() for row in _rows(child))]


def _info(fields: dict[str, Any]) -> PictureInfo:
    return PictureInfo(**{**fields, "notes": tuple(fields["notes"])})


def _picture(answer: dict[str, Any], out: Exchange) -> Picture:
    """Pixels without a copy: the arrays lie in the memory the worker filled."""
    height, width = answer["shape"]
    samples = np.frombuffer(out.take(), np.uint8)
    rgb, alpha = samples[: height * width * 3], samples[height * width * 3 :]
    return Picture(
        rgb=rgb.reshape(height, width, 3),
        info=_info(answer["info"]),
        icc=None if answer["icc"] is None else base64.b64decode(answer["icc"]),
        alpha=alpha.reshape(height, width) if answer["planes"] == 2 else None,
    )


class Worker:
    """One process, one photo at a time."""

    def __init__(self) -> None:
        # The same interpreter and search path, but neither the main module nor the service's secrets.
        path = os.pathsep.join(str(entry) or os.getcwd() for entry in sys.path)  # noqa: PTH109 - as sys.path means it
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SELVAGE_")}
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "services.kit.pictures.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**environment, "PYTHONPATH": path},
            start_new_session=True,  # Ctrl-C is for the service; a worker ends when its input does
        )
        self._watched = psutil.Process(self._process.pid)
        self._broken: PhotoError | None = None
        self._used = 0.0

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, request: dict[str, Any], seconds: float, memory_mb: int) -> dict[str, Any]:
        """The worker's answer. Raises DecodeTimeout, DecodeMemory or DecodeCrashed, after which the worker is gone."""
        assert self._process.stdin
        assert self._process.stdout
        done = threading.Event()
        watch = threading.Thread(target=self._watch, args=(done, seconds, memory_mb), daemon=True)
        watch.start()
        line = b""
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            pass
        finally:
            done.set()
            watch.join()
            usage.note_cpu(self._cpu())
        if not line.endswith(b"\n") or self._broken:
            code = self.close(kill=True)
            raise self._broken or DecodeCrashed(cause=f"its process ended with {code}")
        return dict(json.loads(line))

    def close(self, *, kill: bool = False) -> int:
        """The exit code. Without `kill` the worker ends by itself, as its input does."""
        if kill:
            self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
        return self._process.wait()

    def _watch(self, done: threading.Event, seconds: float, memory_mb: int) -> None:
        end = time.monotonic() + seconds
        while not done.wait(_PAUSE):
            if time.monotonic() > end:
                self._broken = DecodeTimeout(seconds=f"{seconds:g}")
            elif self._memory() > memory_mb * _MIB:
                self._broken = DecodeMemory(limit=memory_mb)
            else:
                continue
            self._process.kill()
            return

    def _cpu(self) -> float:
        """CPU seconds since the last look; 0 when it has ended."""
        try:
            times = self._watched.cpu_times()
        except psutil.Error:
            return 0.0
        before, self._used = self._used, float(times.user + times.system)
        return self._used - before

    def _memory(self) -> int:
        try:
            return int(self._watched.memory_info().rss)
        except psutil.Error:  # it has just ended
            return 0


class Crew:
    """Idle workers wait here; a caller that finds none starts one, so there are as many as callers at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[Worker] = []

    def ask(self, request: dict[str, Any], seconds: float, memory_mb: int) -> dict[str, Any]:
        with self._lock:
            worker = self._idle.pop() if self._idle else None
        if worker and not worker.alive:
            worker.close()
            worker = None
        worker = worker or Worker()
        answer = worker.ask(request, seconds, memory_mb)
        with self._lock:
            self._idle.append(worker)
        return answer

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.close()


@functools.cache
def _crew() -> Crew:
    crew = Crew()
    atexit.register(crew.close)
    return crew

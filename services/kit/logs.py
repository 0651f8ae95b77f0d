"""Structured logs: JSON lines for machines, colours for a terminal. Ids go into the context, pixels and secrets never.

log = logs.get(__name__)
with logs.bound(image_id=image_id):
    log.info("stage finished", stage="matting", seconds=1.2)
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any, TextIO

import structlog

SECRET = re.compile(r"secret|password|passwd|token|authorization|api_key|access_key|cookie|signature", re.IGNORECASE)
QUIET = ("urllib3", "httpx", "httpcore", "asyncio", "numba", "pyvips", "procrastinate", "psycopg.pool")
"""Libraries that tell their inner life at INFO and DEBUG."""

TRACEBACKS = structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False))
"""Without the values of local variables, among which are pictures and keys."""


def configure(level: str = "INFO", *, json: bool | None = None, stream: TextIO | None = None) -> None:
    """Sends structlog's and the standard library's logs to `stream` (default stderr) in one form.

    `json=None` means JSON unless the stream is a terminal.
    """
    stream = stream or sys.stderr
    as_json = not stream.isatty() if json is None else json
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        withhold,
    ]
    renderer: list[structlog.typing.Processor] = (
        [TRACEBACKS, structlog.processors.JSONRenderer(default=_plain)]
        if as_json
        else [structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback)]
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def get(name: str) -> structlog.stdlib.BoundLogger:
    """The logger of a module."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger


@contextmanager
def bound(**ids: str) -> Iterator[None]:
    """Puts ids (request_id, job_id, image_id, ...) on every line logged inside."""
    with structlog.contextvars.bound_contextvars(**ids):
        yield


def bind(**ids: str) -> None:
    """Puts ids on every line logged in this task from here on."""
    structlog.contextvars.bind_contextvars(**ids)


def withhold(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replaces secrets by stars, and arrays and bytes by their size."""
    for name, value in event.items():
        if SECRET.search(name):
            event[name] = "***"
        elif isinstance(value, bytes | bytearray | memoryview):
            event[name] = f"<{len(value)} bytes>"
        elif hasattr(value, "shape") and hasattr(value, "dtype"):
            event[name] = f"<array {tuple(value.shape)} {value.dtype}>"
    return event


def _plain(value: object) -> str:
    return str(value)

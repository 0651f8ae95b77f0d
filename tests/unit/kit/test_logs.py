"""Log lines: one form for ours and the libraries', ids on every line, no pixels, no secrets."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import structlog

from services.kit import logs


@pytest.fixture
def lines() -> Iterator[Any]:
    stream = io.StringIO()
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    logs.configure("INFO", stream=stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:], root.level = before
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def test_ids_are_on_every_line_inside_and_on_none_after(lines: Any) -> None:
    log = logs.get("selvage.test")
    with logs.bound(request_id="r-1", image_id="i-1"):
        log.info("stage finished", stage="matting")
        logging.getLogger("a.library").warning("told by %s", "a library")
    log.info("after")
    first, second, third = lines()
    assert (first["event"], first["stage"], first["level"], first["logger"]) == (
        "stage finished",
        "matting",
        "info",
        "selvage.test",
    )
    assert (first["request_id"], first["image_id"]) == ("r-1", "i-1")
    assert (second["event"], second["request_id"]) == ("told by a library", "r-1")
    assert "request_id" not in third


def test_pixels_and_secrets_stay_out(lines: Any) -> None:
    logs.get("t").info("x", photo=np.zeros((3, 4, 3), np.uint8), data=b"12345", secret_key="hush", webhook_token="t")
    (line,) = lines()
    assert (line["photo"], line["data"]) == ("<array (3, 4, 3) uint8>", "<5 bytes>")
    assert (line["secret_key"], line["webhook_token"]) == ("***", "***")


def test_a_traceback_tells_no_local_values(lines: Any) -> None:
    def fail() -> None:
        held_in_a_variable = "hush" + "-hush"
        raise ValueError(len(held_in_a_variable))

    try:
        fail()
    except ValueError:
        logs.get("t").exception("failed")
    (line,) = lines()
    assert line["exception"][0]["exc_type"] == "ValueError"
    assert line["exception"][0]["frames"][-1]["name"] == "fail"
    assert "hush-hush" not in json.dumps(line)


def test_levels_and_chatty_libraries(lines: Any) -> None:
    logs.get("t").debug("too fine")
    logging.getLogger("urllib3.connectionpool").info("a connection")
    assert lines() == []

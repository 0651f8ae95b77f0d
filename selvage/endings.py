"""How commands end: exit codes, and Ctrl-C."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import click

DONE, SOME_FAILED, CANNOT, INTERRUPTED = 0, 1, 2, 130


@contextmanager
def interruptible(message: str) -> Iterator[None]:
    """Ctrl-C, and a polite kill alike, end the command with a sentence."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    except KeyboardInterrupt:
        click.echo(f"\n{message}", err=True)
        sys.exit(INTERRUPTED)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    # make passes on the SIGTERM that its whole group got already: a second one would cut the stopping short and leave
    # the database running.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt

"""How far a run is: a bar on a terminal, one line a photo elsewhere. Both go to standard error."""

from __future__ import annotations

import time
from types import TracebackType

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from selvage.client import Image

# A photo passes this many stages; the bar moves with each of them.
STAGES = 6
_WORDS = {"needs_review": "needs review", "in_edit": "in edit"}


class Bar:
    """Progress over `total` photos. Use it in a `with`."""

    def __init__(self, console: Console, total: int) -> None:
        self._console = console
        self._total = total
        self._began = time.monotonic()
        self._done: set[str] = set()
        self._already = 0
        self._part: dict[str, int] = {}
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[photos]}"),
            TimeRemainingColumn(elapsed_when_finished=True),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("Reading", total=total * STAGES, photos=f"0/{total}")

    def __enter__(self) -> Bar:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    @property
    def done(self) -> int:
        return len(self._done)

    def note(self, text: str) -> None:
        """A line above the bar."""
        self._bar.console.print(escape(text), highlight=False, soft_wrap=True)

    def phase(self, word: str, *, completed: int = 0) -> None:
        """Names what goes on and sets the bar to so many photos."""
        self._bar.update(
            self._task, description=word, completed=completed * STAGES, photos=f"{completed}/{self._total}"
        )

    def begin_work(self, finished_before: set[str], failed_before: int) -> None:
        """From here on photos are counted as they end; what an earlier run did is not part of the rate."""
        self._done = set(finished_before) | {f"failed {number}" for number in range(failed_before)}
        self._already = len(self._done)
        self._began = time.monotonic()
        self._bar.reset(self._task, total=self._total * STAGES, description="Working", photos="")
        self._show()

    def image(self, image: Image) -> None:
        """Takes note of a change."""
        if image.image_id in self._done:
            return
        self._part[image.image_id] = min(STAGES - 1, len({run.stage for run in image.stages}))
        if image.ended:
            self._part.pop(image.image_id, None)
            self._done.add(image.image_id)
            if not self._console.is_terminal:
                self.note(
                    f"{len(self._done)}/{self._total} {image.source_name}: {_WORDS.get(image.state, image.state)}"
                )
        self._show()

    def _show(self) -> None:
        fresh = len(self._done) - self._already
        minutes = (time.monotonic() - self._began) / 60
        rate = f", {fresh / minutes:.1f} a minute" if fresh else ""
        completed = len(self._done) * STAGES + sum(self._part.values())
        self._bar.update(self._task, completed=completed, photos=f"{len(self._done)}/{self._total}{rate}")

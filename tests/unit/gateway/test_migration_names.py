"""Numbers of migrations: two branches that meet must not bring the same one again, or their order is chance."""

from __future__ import annotations

from collections import Counter

from gateway import db


def test_every_number_stands_once_and_none_is_left_out() -> None:
    numbers = Counter(int(name.split("_", 1)[0]) for name, _ in db.pending({}))
    assert sorted(numbers) == list(range(1, max(numbers) + 1))
    assert {number for number, times in numbers.items() if times > 1} == {9}, "gateway/migrations/__init__.py says why"

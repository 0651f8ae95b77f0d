"""UUID version 7."""

from __future__ import annotations

import time
import uuid

from gateway.ids import uuid7


def test_ids_are_versioned_distinct_and_in_order() -> None:
    before = time.time_ns() // 1_000_000
    made = [uuid7() for _ in range(10_000)]
    assert made == sorted(set(made))
    assert all(each.version == 7 and each.variant == uuid.RFC_4122 for each in made)
    assert before <= made[0].int >> 80 <= time.time_ns() // 1_000_000

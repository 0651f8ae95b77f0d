"""Which photos of a shoot are looked at for its plate."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from gateway.shoots.choice import BEST, MOST_LOOKED_AT, spread


@given(st.integers(0, 20_000))
def test_places_are_different_bounded_and_the_first_of_them_already_spread(count: int) -> None:
    places = spread(count)
    assert len(set(places)) == len(places) == min(count, MOST_LOOKED_AT)
    assert all(0 <= place < count for place in places)
    if count >= MOST_LOOKED_AT:
        first = sorted(places[:BEST])
        gaps = [after - before for before, after in itertools.pairwise(first)]
        assert max(gaps) <= 2 * count / BEST

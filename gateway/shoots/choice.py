"""Which of a shoot's photos its plate is made from."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence

from selvage_api.images.v1 import images_pb2
from services.kit import pictures
from services.kit.errors import SelvageError
from services.kit.store import ObjectStore

# A median of so many is steady where a product covers a place in up to four of them.
BEST = 9
# Looked at until enough of one size are found.
MOST_LOOKED_AT = 27
LEAST = 3


def spread(count: int) -> list[int]:
    """Indexes to look at, spread evenly over `count` photos: the first nine already are."""
    few = min(count, MOST_LOOKED_AT)
    places = [round(place * (count - 1) / max(few - 1, 1)) for place in range(few)]
    steps = max(1, -(-few // BEST))
    return [place for start in range(steps) for place in places[start::steps]]


async def choose(store: ObjectStore, photos: Sequence[images_pb2.ObjectRef]) -> list[images_pb2.ObjectRef]:
    """At most nine readable photos of one size, the most frequent one among those looked at.

    Raises what the store raises when another try may help.
    """
    sizes: dict[tuple[int, int], list[images_pb2.ObjectRef]] = defaultdict(list)
    for place in spread(len(photos)):
        size = await asyncio.to_thread(_size, store, photos[place].key)
        if size is not None:
            sizes[size].append(photos[place])
            if len(sizes[size]) == BEST:
                break
    return max(sizes.values(), key=len, default=[])


def _size(store: ObjectStore, key: str) -> tuple[int, int] | None:
    """(width, height) of the upright photo; None when it is no photo. Its own image says so in its own stages."""
    try:
        info = pictures.probe(store.get(key))
    except SelvageError as error:
        if error.retryable:
            raise
        return None
    return info.width, info.height

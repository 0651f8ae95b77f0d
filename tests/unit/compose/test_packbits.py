"""Run-length coding against a decoder written from the specification."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.compose.psd.packbits import encode


def decode(data: bytes) -> bytes:
    """Apple TN1023: n in 0..127: n + 1 literal bytes; 129..255: the next byte 257 - n times; 128: nothing."""
    out, position = bytearray(), 0
    while position < len(data):
        head = data[position]
        if head < 128:
            out += data[position + 1 : position + 2 + head]
            position += head + 2
        else:
            out += bytes([data[position + 1]]) * (257 - head) if head > 128 else b""
            position += 2 if head > 128 else 1
    return bytes(out)


runs = st.lists(st.tuples(st.integers(0, 255), st.integers(1, 300)), min_size=1, max_size=12)
noise = st.binary(min_size=1, max_size=400)


def check(row: bytes, copies: int) -> int:
    rows = np.frombuffer(row * copies, np.uint8).reshape(copies, len(row))
    data, sizes = encode(rows)
    assert sizes.sum() == len(data)
    position = 0
    for size in sizes:
        assert decode(data[position : position + size]) == row
        position += size
    return int(sizes[0])


@settings(deadline=None)  # the first call compiles
@given(runs=runs, copies=st.integers(1, 3))
def test_runs_come_back(runs: list[tuple[int, int]], copies: int) -> None:
    check(b"".join(bytes([value]) * count for value, count in runs), copies)


@settings(deadline=None)
@given(row=noise, copies=st.integers(1, 3))
def test_noise_comes_back_and_grows_by_one_byte_in_128_at_most(row: bytes, copies: int) -> None:
    assert check(row, copies) <= len(row) + -(-len(row) // 128)


@pytest.mark.parametrize("width", [1, 2, 3, 127, 128, 129, 130, 255, 256, 257, 30_000])
def test_one_value_takes_two_bytes_a_packet(width: int) -> None:
    full, rest = divmod(width, 128)
    assert check(b"\x07" * width, 1) == 2 * full + {0: 0, 1: 2, 2: 3}.get(rest, 2)

"""The window."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsparse.pcap.block import Damage
from tlsparse.pcap.source import OpenFile
from tlsparse.pcap.window import SMALL_CHUNK, Window

CHUNK = 4 * SMALL_CHUNK


def window_over(data: bytes, chunk_bytes: int = CHUNK) -> Window:
    return Window(OpenFile(io.BytesIO(data), "test"), chunk_bytes)


def test_the_buffer_grows_to_a_chunk_and_is_then_used_again():
    window = window_over(bytes(5 * CHUNK))
    sizes, buffers = [], []
    while window.more(1):
        sizes.append(len(window.data))
        buffers.append(window.data)
        window.start = window.end

    assert [SMALL_CHUNK, 2 * SMALL_CHUNK] + [CHUNK] * 5 == sizes
    assert all(buffer is buffers[-1] for buffer in buffers[2:])


def test_a_small_source_needs_a_small_buffer():
    window = window_over(b"abc")
    window.more(1)

    assert (SMALL_CHUNK, b"abc") == (len(window.data), window.peek(9))


def test_one_large_packet_makes_the_buffer_as_large_as_needed():
    window = window_over(bytes(100), chunk_bytes=10)

    assert window.more(77)
    assert 77 == len(window.data)


@given(chunk=st.integers(1, 40), steps=st.lists(st.tuples(st.integers(1, 50), st.integers(0, 50))))
def test_bytes_come_in_order_whatever_is_taken(chunk, steps):
    data = bytes(range(200))
    window = window_over(data, chunk)
    taken = 0
    for need, used in steps:
        assert window.more(need) == (taken + need <= len(data))
        assert data[taken : taken + need] == window.peek(need)
        used = min(used, len(window))
        window.start += used
        taken += used


def test_a_stream_that_ends_in_trouble_says_so_after_its_last_byte():
    window = window_over(b"abcd")
    window.stream.trouble = "a reason"

    assert window.more(4)
    with pytest.raises(Damage, match="a reason"):
        window.more(5)


def test_a_block_that_was_handed_out_keeps_its_bytes_while_the_next_is_read():
    data = bytes(range(100))
    window = Window(OpenFile(io.BytesIO(data), "test"), chunk_bytes=10, valid=2)
    window.more(10)
    first = window.data
    window.hand_out()
    window.start = 8
    window.more(10)

    assert data[:10] == first
    assert data[8:18] == window.peek(10)
    window.more(10)  # nothing was handed out of this one
    assert data[8:18] == window.peek(10)
    assert window.data is not first

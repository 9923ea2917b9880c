"""Compression."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sys
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsparse.errors import MissingExtraError, NotACaptureError
from tlsparse.pcap.compression import Unpacked, find_codec
from tlsparse.pcap.source import OpenFile


def pack_zstd(data: bytes) -> bytes:
    return pytest.importorskip("zstandard").ZstdCompressor(write_checksum=True).compress(data)


def pack_lz4(data: bytes) -> bytes:
    return pytest.importorskip("lz4.frame").compress(data, content_checksum=True)


PACK = {
    "gzip": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zstd": pack_zstd,
    "lz4": pack_lz4,
}


def unpack(stream: Unpacked) -> bytes:
    room = memoryview(bytearray(100))
    unpacked = b""
    while count := stream.readinto(room):
        unpacked += room[:count]
    return unpacked


every_codec = pytest.mark.parametrize("name", PACK)


@pytest.fixture(scope="module")
def capture(pcap) -> bytes:
    """A capture whose packets hardly compress, so that cuts fall among them."""
    build = pcap()
    noise = bytes(7 * n * n % 251 ^ n >> 3 & 255 for n in range(100))
    return build.header + b"".join(build.packet(noise[n % 50 :], fraction=n) for n in range(40))


@every_codec
def test_a_compressed_capture_reads_like_the_plain_one(read, capture, name):
    assert read(capture) == read(PACK[name](capture))


def test_the_older_xz_format_is_read(read, capture):
    assert read(capture) == read(lzma.compress(capture, lzma.FORMAT_ALONE))


@every_codec
@pytest.mark.parametrize("padding", [0, 8, 100_000])
def test_members_after_the_first_are_read_and_zeros_passed_over(read, capture, name, padding):
    pack = PACK[name]
    packed = pack(capture[:1001]) + pack(b"") + bytes(padding) + pack(capture[1001:])

    assert read(capture) == read(packed + bytes(padding))


def test_zstd_may_begin_with_a_skippable_frame(read, capture):
    skippable = b"\x50\x2a\x4d\x18\x04\0\0\0abcd"

    assert read(capture) == read(skippable + pack_zstd(capture))


@every_codec
def test_a_cut_gives_the_packets_before_it_and_one_problem(read, capture, name):
    whole = read(capture).packets
    packed = PACK[name](capture)
    for kept in range(8, len(packed)):
        reading = read(packed[:kept])
        assert whole[: len(reading.packets)] == reading.packets
        assert f"the {name} data were cut short" in reading.problem


@given(kept=st.floats(0.1, 0.9))
def test_gzip_gives_nearly_as_much_as_is_there(read, capture, kept):
    packed = gzip.compress(capture)
    reading = read(packed[: int(len(packed) * kept)])

    assert len(reading.packets) >= int(40 * kept) - 3 or len(packed) < len(capture) / 2


def test_a_wrong_check_at_the_end_of_gzip_costs_no_packet(read, capture):
    packed = bytearray(gzip.compress(capture))
    packed[-5] ^= 1
    reading = read(packed)

    assert read(capture).packets == reading.packets
    assert "the gzip data are damaged" in reading.problem
    assert "incorrect data check" in reading.problem


@every_codec
@given(data=st.data())
def test_damaged_data_are_never_passed_off_as_whole(capture, name, data):
    packed = bytearray(PACK[name](capture))
    at = data.draw(st.integers(8, len(packed) - 1))
    packed[at] ^= data.draw(st.integers(1, 255))
    stream = Unpacked(find_codec(packed), OpenFile(io.BytesIO(packed), "damaged"), b"")

    assert unpack(stream) == capture or stream.trouble is not None


@every_codec
def test_what_follows_the_data_is_told(read, capture, name):
    reading = read(PACK[name](capture) + b"something else")

    text = f"what follows the {name} data cannot be unpacked; 40 packets were read"
    assert text == reading.problem


@every_codec
def test_compressed_text_is_no_capture(read, name):
    with pytest.raises(NotACaptureError, match="unpacked, it begins with 48 65 6c 6c"):
        read(PACK[name](b"Hello"))


@every_codec
def test_compressed_nothing_is_empty(read, name):
    with pytest.raises(NotACaptureError, match="is empty once unpacked"):
        read(PACK[name](b""))


@pytest.mark.parametrize(("name", "package"), [("zstd", "zstandard"), ("lz4", "lz4.frame")])
def test_a_missing_package_is_named_with_its_extra(read, capture, monkeypatch, name, package):
    packed = PACK[name](capture)
    monkeypatch.setitem(sys.modules, package, None)

    with pytest.raises(MissingExtraError, match=r"pip install 'tlsparse\[compression\]'"):
        read(packed)


@every_codec
def test_a_bomb_is_unpacked_a_little_at_a_time(name):
    """The measure is of Python's memory; decoders keep a window besides, whose size is limited."""
    size = 64 << 20
    packed = PACK[name](bytes(size))
    room = memoryview(bytearray(1 << 16))
    unpacked = 0
    tracemalloc.start()
    stream = Unpacked(find_codec(packed), OpenFile(io.BytesIO(packed[100:]), "bomb"), packed[:100])
    while count := stream.readinto(room):
        unpacked += count
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert (size, None) == (unpacked, stream.trouble)
    assert peak < 40 << 20

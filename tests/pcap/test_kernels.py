"""Kernels of this room give the same answer compiled and interpreted, of damaged captures too."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

import pytest

from tlsparse.compiled import compile_kernels, interpret_kernels, invoke
from tlsparse.pcap import files
from tlsparse.pcap import pcapng as module
from tlsparse.pcap.block import new_columns

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """Where compiled kernels are kept from one test to the next."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def both_ways(monkeypatch, cache):
    """Yields once with interpreted kernels and once with compiled ones."""
    pytest.importorskip("numba")
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))

    def ways() -> Iterator[str]:
        yield "interpreted"
        assert compile_kernels()
        try:
            yield "compiled"
        finally:
            interpret_kernels()

    return ways


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("ending", ["", "damaged", "cut"])
def test_pcap_kernel_compiles_to_the_same_answer(pcap, both_ways, order, ending):
    build = pcap(order)
    data = bytearray(b"".join(build.packet(bytes(n), 2**32 - 1, n) for n in range(50)))
    data += {"": b"", "damaged": build.packet(b"", captured=2**32 - 1), "cut": b"abc"}[ending]
    answers = []
    for _ in both_ways():
        columns = new_columns()
        answer = invoke(
            files.find_packets, data, 0, len(data), order == ">", 1000, 16, 262144, *columns[:4]
        )
        answers.append((answer, columns))

    assert answers[0] == answers[1]
    assert 50 == answers[0][0][0]


@pytest.mark.parametrize("order", ["<", ">"])
def test_pcapng_kernel_compiles_to_the_same_answer(pcapng, both_ways, order):
    build = pcapng(order)
    # Microseconds, 2**-32 s, 10**-12 s, and a negative offset: every path of the arithmetic.
    scales = [(1000, 1, 1, 0), (10**9, 2**31, 2, 7), (1, 1000, 1, 0), (1, 1, 1, -(10**18))]
    rows = [(1, 0, *scale) for scale in scales]
    interfaces = module.Interfaces(*(array("q", values) for values in zip(*rows, strict=True)))
    ticks = (0, 5, 2**32 + 1, 1_700_000_000 * 10**6, 2**63, 2**64 - 1)
    data = bytearray(
        b"".join(build.packet(b"abc", t, interface=n) for t in ticks for n in range(4))
        + build.simple_packet(b"x")
        + build.obsolete_packet(b"x", 1, interface=2, drops=0)
        + build.block(0xBAD)
        + build.block(0x7777)
        + build.interface()
    )
    answers = []
    for _ in both_ways():
        columns = new_columns()
        answer = invoke(
            module.find_packets, data, 0, len(data), order == ">", 0, interfaces, columns
        )
        answers.append((answer, columns))

    assert answers[0] == answers[1]
    assert (27, module.NOT_FOR_KERNEL) == answers[0][0][::2]

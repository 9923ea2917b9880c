"""Kernels give the same answer compiled as they are and uncompiled.

A compiled kernel must call compiled functions, so each is rebuilt here over a copy of its module's
names in which the functions it calls are compiled too.
"""

from __future__ import annotations

import types
from array import array
from collections.abc import Callable
from typing import Any

import pytest

from tlsparse.pcap import files
from tlsparse.pcap import pcapng as module
from tlsparse.pcap.block import new_columns

pytestmark = pytest.mark.slow


def compiled(kernel: Callable[..., Any]) -> Callable[..., Any]:
    njit = pytest.importorskip("numba").njit(boundscheck=True)
    names = dict(kernel.__globals__)
    for name in kernel.__code__.co_names:
        if isinstance(names.get(name), types.FunctionType):
            names[name] = njit(names[name])
    return njit(types.FunctionType(kernel.__code__, names, kernel.__name__))


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("ending", ["", "damaged", "cut"])
def test_pcap_kernel_compiles_to_the_same_answer(pcap, order, ending):
    build = pcap(order)
    data = bytearray(b"".join(build.packet(bytes(n), 2**32 - 1, n) for n in range(50)))
    data += {"": b"", "damaged": build.packet(b"", captured=2**32 - 1), "cut": b"abc"}[ending]
    answers = []
    for kernel in (files.find_packets, compiled(files.find_packets)):
        columns = new_columns()
        answer = kernel(data, 0, len(data), order == ">", 1000, 16, 262144, *columns[:4])
        answers.append((answer, columns))

    assert answers[0] == answers[1]
    assert 50 == answers[0][0][0]


@pytest.mark.parametrize("order", ["<", ">"])
def test_pcapng_kernel_compiles_to_the_same_answer(pcapng, order):
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
    for kernel in (module.find_packets, compiled(module.find_packets)):
        columns = new_columns()
        answer = kernel(data, 0, len(data), order == ">", 0, interfaces, columns)
        answers.append((answer, columns))

    assert answers[0] == answers[1]
    assert (27, module.NOT_FOR_KERNEL) == answers[0][0][::2]

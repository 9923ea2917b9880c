"""Two endpoints: which is A, and the hash by which a table finds them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tlsparse.columns import column
from tlsparse.flow.endpoints import ends_of, spread
from tlsparse.net.packets import Packets

words = st.integers(-(2**63), 2**63 - 1)
ports = st.integers(0, 65535)


class Watched(int):
    """An integer that watches every result of its arithmetic stay within 64 bits."""

    def _made(self, value: int) -> Watched:
        assert -(2**63) <= value < 2**63
        return Watched(value)

    def __mul__(self, other: int) -> Watched:
        return self._made(int(self) * int(other))

    def __add__(self, other: int) -> Watched:
        return self._made(int(self) + int(other))

    def __xor__(self, other: int) -> Watched:
        return self._made(int(self) ^ int(other))

    def __rshift__(self, other: int) -> Watched:
        return self._made(int(self) >> int(other))

    def __and__(self, other: int) -> Watched:
        return self._made(int(self) & int(other))


@given(st.tuples(words, words, ports, words, words, ports))
def test_every_step_of_the_hash_stays_within_64_bits(endpoints):
    """Compiled integers wrap and Python's do not; so both give the same hash."""
    value = spread(tuple(Watched(word) for word in endpoints))

    assert isinstance(value, Watched)
    assert 0 <= value < 2**32
    assert int(value) == spread(endpoints)


def test_the_hash_spreads_neighbours_over_the_table():
    """A client's ports and a network's addresses are consecutive; a table of 4096 holds 1000 with few collisions."""
    mapped = 0xFFFF << 32
    server = mapped | 0xC0000202
    by_port = {spread((0, mapped | 1, port, 0, server, 443)) & 4095 for port in range(1000)}
    by_address = {spread((0, mapped | n, 50000, 0, server, 443)) & 4095 for n in range(1000)}

    assert len(by_port) > 750
    assert len(by_address) > 750


@given(st.tuples(words, words, ports, words, words, ports))
def test_both_directions_have_the_same_ends_and_opposite_senders(endpoints):
    source, target = endpoints[:3], endpoints[3:]

    there, sender = ends_of(packet(source, target), 0)
    back, answerer = ends_of(packet(target, source), 0)

    assert there == back == (*min(source, target), *max(source, target))
    assert source == target or {sender, answerer} == {0, 1}


def packet(source, target):
    """Columns of one packet, of which only the endpoints are known."""
    packets = Packets(*(column(1) for _ in Packets._fields))
    packets.source_high[0], packets.source_low[0], packets.source_port[0] = source
    packets.target_high[0], packets.target_low[0], packets.target_port[0] = target
    return packets

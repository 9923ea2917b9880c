"""Two endpoints: which is A, and the hash by which a table finds them."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from tlsparse.columns import column
from tlsparse.flow.endpoints import (
    HASH_BITS,
    KEY_BITS,
    KEY_WORDS,
    ends_of,
    leave_index,
    new_key,
    put_ends,
    spread,
)
from tlsparse.flow.tracking import Conversations
from tlsparse.net.packets import Packets

words = st.integers(-(2**63), 2**63 - 1)
ports = st.integers(0, 65535)
two_ends = st.tuples(words, words, ports, words, words, ports)
keys = st.lists(st.integers(0, (1 << KEY_BITS) - 1), min_size=KEY_WORDS, max_size=KEY_WORDS)


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


@given(two_ends, keys)
@example((2**63 - 1, -1, 65535) * 2, [(1 << KEY_BITS) - 1] * KEY_WORDS)
def test_every_step_of_the_hash_stays_within_64_bits(endpoints, key):
    """Compiled integers wrap and Python's do not; so both give the same hash."""
    value = spread(tuple(Watched(word) for word in endpoints), [Watched(word) for word in key])

    assert isinstance(value, Watched)
    assert 0 <= value < 2**HASH_BITS
    assert int(value) == spread(endpoints, key)


def test_the_hash_spreads_neighbours_over_the_table():
    """A client's ports and a network's addresses are consecutive; a table of 4096 holds 1000 with few collisions."""
    mapped = 0xFFFF << 32
    server = mapped | 0xC0000202
    spreads = []
    for _ in range(20):  # with one key in some thousands it is worse, by chance
        key = new_key()
        by_port = {spread((0, mapped | 1, n, 0, server, 443), key) & 4095 for n in range(1000)}
        by_address = {spread((0, mapped | n, 9, 0, server, 443), key) & 4095 for n in range(1000)}
        spreads.append(min(len(by_port), len(by_address)))

    assert sorted(spreads)[10] > 750


def test_addresses_that_fall_together_under_one_key_do_not_under_another():
    """So nobody can choose them ahead."""
    mapped = 0xFFFF << 32
    everyone = [(0, mapped | n, 50000, 0, mapped | 1, 443) for n in range(20_000)]
    one, other = new_key(), new_key()
    together = [ends for ends in everyone if spread(ends, one) & 255 == 7]

    assert len(together) > 20
    assert len({spread(ends, other) & 255 for ends in together}) > len(together) / 4


def test_every_bit_of_both_endpoints_counts():
    key = new_key()
    nothing = (0, 0, 0, 0, 0, 0)
    hashes = {spread(nothing, key)}
    for place, bits in enumerate((64, 64, 16, 64, 64, 16)):
        for bit in range(bits):
            word = 1 << bit if bit < 63 else -(1 << 63)
            hashes.add(spread((*nothing[:place], word, *nothing[place + 1 :]), key))

    assert len(hashes) > 280  # of 289; a few may fall together


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), max_size=30))
def test_what_leaves_the_index_takes_nobody_with_it(rows):
    """The table is small and full of equal ends, so nearly all stand in one cluster."""
    table = Conversations(*(column(32) for _ in Conversations._fields))
    index, key = column(32), new_key()
    for slot, (port, _) in enumerate(rows):
        put_ends(table, slot, (0, 1, port, 0, 2, 443))
        enter(index, slot, spread((0, 1, port, 0, 2, 443), key))
    for slot, (_, leaves) in enumerate(rows):
        if leaves:
            leave_index(table, slot, index, key)

    for port in range(10):
        expected = [slot for slot, row in enumerate(rows) if row == (port, False)]
        assert expected == [
            slot
            for slot in chain_of(index, spread((0, 1, port, 0, 2, 443), key))
            if table.a_port[slot] == port
        ]
    assert sum(not leaves for _, leaves in rows) == sum(1 for entry in index if entry)


def enter(index, slot, place):
    while index[place % 32]:
        place += 1
    index[place % 32] = slot + 1


def chain_of(index, place):
    """Yield the slots that a search looks at."""
    while index[place % 32]:
        yield index[place % 32] - 1
        place += 1


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

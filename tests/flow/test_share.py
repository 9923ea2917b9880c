"""Each conversation is in one share, whoever sends."""

from __future__ import annotations

import pytest

from tlsparse.columns import column
from tlsparse.flow.share import OTHERS, WHOLE, Share, leave_to_others
from tlsparse.net.ip import FRAGMENT
from tlsparse.net.packets import TCP, UDP, Packets


def packets(*rows):
    """Packets of which only protocol, addresses and ports are told."""
    made = Packets(*(column(len(rows)) for _ in Packets._fields))
    for i, (protocol, source, source_port, target, target_port) in enumerate(rows):
        made.protocol[i] = protocol
        made.source_low[i], made.source_port[i] = source, source_port
        made.target_low[i], made.target_port[i] = target, target_port
    return made


def shares(of, *rows):
    """In which shares each packet is."""
    found = [set() for _ in rows]
    for number in range(of):
        made = packets(*rows)
        leave_to_others(made, len(rows), Share(number, of))
        for i, row in enumerate(rows):
            if made.protocol[i] == row[0]:
                found[i].add(number)
            else:
                assert OTHERS == made.protocol[i]
    return found


@pytest.mark.parametrize("protocol", [TCP, UDP])
def test_both_directions_of_a_conversation_are_in_the_same_share(protocol):
    there, back = shares(3, (protocol, 10, 40000, 20, 443), (protocol, 20, 443, 10, 40000))

    assert 1 == len(there)
    assert there == back


def test_conversations_are_spread_evenly():
    found = shares(2, *((TCP, 10, 40000 + n, 20, 443) for n in range(1000)))

    assert all(len(numbers) == 1 for numbers in found)
    assert 400 < sum(0 in numbers for numbers in found) < 600


def test_what_is_neither_tcp_nor_udp_is_in_every_share():
    assert [{0, 1}] == shares(2, (FRAGMENT, 10, 0, 20, 0))


def test_the_whole_leaves_nothing_to_others():
    made = packets((TCP, 10, 40000, 20, 443))
    leave_to_others(made, 1, WHOLE)

    assert TCP == made.protocol[0]

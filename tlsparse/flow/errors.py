"""Errors of ICMP, brought to the conversations that they speak of.

Anybody can send an error, and nothing stops a router from sending a million. So only those count that quote a packet of
a conversation that is in the table, with a sequence number near to what was sent (RFC 5927 section 4.1), and of each
conversation no more than `ERRORS_LIMIT`: a SYN that is refused is sent again a few times, a large segment too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from tlsparse.columns import Column, column
from tlsparse.compiled import invoke, kernel
from tlsparse.flow.endpoints import ends_at, ends_of, spread
from tlsparse.flow.flow import Milestone, PathError, address_text
from tlsparse.flow.tracking import SCOPES_LIMIT, Conversations, Directions, is_near
from tlsparse.net.icmp import NAMES, UNNAMED, Errors, read_errors
from tlsparse.net.packets import TCP, UDP, Packets
from tlsparse.pcap.block import Block

ERRORS_LIMIT = 16
"""Errors that are kept of one conversation."""


class _Found(NamedTuple):
    """Errors that speak of something in a table."""

    row: Column
    direction: Column  # of the packet that is spoken of


def connection_errors(
    block: Block,
    packets: Packets,
    conversations: Conversations,
    directions: Directions,
    index: Column,
    key: Column,
) -> Iterator[tuple[int, Milestone]]:
    """Yield the errors of a block about TCP connections in the table, each with its slot."""
    errors, count = read_errors(block, packets, TCP)
    if not count:
        return
    found = _Found(column(count), column(count))
    rows = invoke(find_connections, errors, count, conversations, directions, index, key, found)
    yield from _milestones(block, packets, errors, found, rows)


def datagram_errors(
    block: Block, packets: Packets, pairs: Any, index: Column, key: Column
) -> Iterator[tuple[int, Milestone]]:
    """Yield the errors of a block about datagrams between pairs of endpoints in the table, each with its slot."""
    errors, count = read_errors(block, packets, UDP)
    if not count:
        return
    found = _Found(column(count), column(count))
    rows = invoke(find_pairs, errors, count, pairs, index, key, found)
    yield from _milestones(block, packets, errors, found, rows)


def _milestones(
    block: Block, packets: Packets, errors: Errors, found: _Found, rows: int
) -> Iterator[tuple[int, Milestone]]:
    for row, direction in zip(found.row[:rows], found.direction[:rows], strict=True):
        i = errors.position[row]
        router = address_text(packets.source_high[i], packets.source_low[i])
        yield (
            direction >> 1,
            Milestone(
                block.first_packet + i,
                block.time_ns[i],
                (direction & 1) ^ 1,
                NAMES.get(errors.kind[row], UNNAMED),
                PathError(router, errors.mtu[row], errors.length[row]),
            ),
        )


@kernel
def find_connections(
    errors: Errors,
    count: int,
    conversations: Conversations,
    directions: Directions,
    index: Column,
    key: Column,
    found: _Found,
) -> int:
    """Note the errors about connections (a kernel); return how many there are."""
    rows = 0
    for row in range(count):
        direction = quoted_direction(errors, row, conversations, directions, index, key)
        if direction >= 0 and conversations.errors[direction >> 1] < ERRORS_LIMIT:
            conversations.errors[direction >> 1] += 1
            found.row[rows], found.direction[rows] = row, direction
            rows += 1
    return rows


@kernel
def quoted_direction(
    errors: Errors,
    row: int,
    conversations: Conversations,
    directions: Directions,
    index: Column,
    key: Column,
) -> int:
    """Return the direction that sent the packet which an error quotes; -1 if none in the table can have."""
    ends, side = ends_of(errors, row)
    mask = len(index) - 1
    place = spread(ends, key) & mask
    others = 0
    while index[place] != 0 and others < SCOPES_LIMIT:
        slot = index[place] - 1
        if ends_at(conversations, slot) == ends:
            highest = directions.highest[2 * slot + side]
            if highest < 0 or is_near(errors.sequence[row], highest):
                return 2 * slot + side
            others += 1
        place = (place + 1) & mask
    return -1


@kernel
def find_pairs(
    errors: Errors, count: int, pairs: Any, index: Column, key: Column, found: _Found
) -> int:
    """Note the errors about datagrams (a kernel); return how many there are."""
    rows = 0
    mask = len(index) - 1
    for row in range(count):
        ends, side = ends_of(errors, row)
        place = spread(ends, key) & mask
        while index[place] != 0 and ends_at(pairs, index[place] - 1) != ends:
            place = (place + 1) & mask
        if index[place] == 0:
            continue
        slot = index[place] - 1
        if pairs.errors[slot] < ERRORS_LIMIT:
            pairs.errors[slot] += 1
            found.row[rows], found.direction[rows] = row, 2 * slot + side
            rows += 1
    return rows

"""The kernels that follow TCP: which flow, which bytes are wanted, where the next TLS record begins.

A capture is mostly application data, and none of it is needed. So each direction is followed from record header to
record header (RFC 9846 section 5.1: type, version, length), five bytes in sixteen thousand, and only these payloads are
handed on, as rows of `Wanted`:

- everything up to the first TLS record, as far as `PLAIN_LIMIT` (what was spoken before TLS);
- every record that is not application data, whole;
- of the first `EARLY_RECORDS` records of application data the headers: in TLS 1.3 they are the encrypted handshake, and
  their lengths tell much; later ones only pass by, and the last few are noted;
- SYN, FIN and RST, as far as `FLAGS_LIMIT`.

Sequence numbers are 32 bits wide and wrap. In the columns they are counted on instead, the first of a direction from
2^32 (see `unwrap`), so that their order is that of integers however long the stream, and none is negative.

All state is columns: one row for a conversation, one for each of its two directions (``2 * slot`` for what endpoint A
sends, ``2 * slot + 1`` for B). Endpoint A is the one that sorts lower; who is the client is found out later.
"""

from __future__ import annotations

from typing import NamedTuple

from tlsparse.columns import Buffer, Column
from tlsparse.compiled import kernel
from tlsparse.flow.endpoints import ends_at, ends_of, leave_index, put_ends, spread
from tlsparse.net.packets import TCP, Packets
from tlsparse.net.words import u8, u16

FIN, SYN, RST, ACK = 1, 2, 4, 16

PLAIN_LIMIT = 32 << 10
"""Bytes kept of a direction that has not begun to speak TLS. Preludes (SMTP, LDAP, HTTP CONNECT) are far shorter."""

KEEP_LIMIT = 1 << 20
"""Bytes kept of one direction in all. The largest certificate chains seen in the wild stay below 100 KB."""

AHEAD_LIMIT = 256 << 10
"""Bytes kept of a direction whose next record header is missing, in the hope that it still comes."""

ROWS_LIMIT = 1 << 14
"""Packets of one direction that are handed on. Each costs some 300 bytes, however little of it is wanted: together five
times as much as what `KEEP_LIMIT` allows."""

FLAGS_LIMIT = 256
"""Packets with SYN, FIN or RST kept of one direction. Real ones have a dozen at most, if SYNs go unanswered."""

EARLY_RECORDS = 16
"""Records of application data whose headers are all kept: the flights of TLS 1.3 with tickets have fewer than ten."""

SCOPES_LIMIT = 64
"""Conversations of the same two endpoints that are kept apart by their scopes; the last makes room for another."""

WINDOW_LIMIT = 1 << 22
"""How far the numbers of one connection are apart at most, give or take: few windows are larger than 4 MB."""

NOTED = 4
"""Last records of application data of each direction whose place and length are noted."""

HABITUAL = 64
"""Packets of one direction whose headers show its habits. A handshake has fewer, and bulk data shows nothing new."""

STEP = 1024
"""By how much a host counts its IP identifications on between two packets of one connection, which it has many of."""

PLAIN, FOLLOWING, LOST = 0, 1, 2
"""Phases of a direction: no TLS yet; the next record header is known; it was known once."""


class Conversations(NamedTuple):
    """One row for each slot of the flow table."""

    attached: Column  # 1 while packets of these endpoints belong to it
    number: Column  # order of first packet among all conversations
    a_high: Column
    a_low: Column
    a_port: Column
    b_high: Column
    b_low: Column
    b_port: Column
    first_packet: Column
    first_ns: Column
    last_ns: Column
    packets: Column
    opener: Column  # direction that sent the SYN; -1 unknown
    syn_ns: Column  # last SYN before the answer; -1 none, as below
    syn_ack_ns: Column
    ack_ns: Column  # first acknowledgment of the SYN-ACK
    ended: Column  # bits: 1 FIN of A, 2 FIN of B, 4 RST
    errors: Column  # errors of ICMP about its packets


class Directions(NamedTuple):
    """Two rows for each slot of the flow table. Sequence numbers are counted on past 2^32; -1 is unknown."""

    scope: Column  # of the packets (see `tlsparse.net.link`)
    phase: Column
    initial: Column  # sequence number of the SYN
    highest: Column  # next sequence number after the highest seen
    hole_start: Column  # last gap seen in the sequence numbers, as far as it is still open
    hole_end: Column
    header: Column  # sequence number of the next record header
    split: Column  # bytes of that header which the previous segment had, 0 to 4
    split_value: Column  # these bytes, as a number
    passed: Column  # sequence number from which on everything passed by without a row; -1 none did
    body_wanted: Column  # whether the body that is passing by is wanted
    records: Column  # records of application data so far
    kept: Column  # payload bytes handed on
    rows: Column  # packets handed on
    flagged: Column  # packets with SYN, FIN or RST
    packets: Column
    payload: Column  # payload bytes on the wire, repeated ones included
    retransmissions: Column
    acknowledged: Column  # highest acknowledgment number sent, modulo 2^32
    ttl: Column  # least time to live of its packets, and 256 times the greatest; see `note_habit`
    identification: Column  # of its last packet; 0 where there is none
    steps: Column  # how often that was counted on by a little; -1 once it was not


class Notes(NamedTuple):
    """The last records of application data: `NOTED` rows for each direction, used as a ring."""

    packet: Column
    time_ns: Column
    length: Column
    version: Column


class Wanted(NamedTuple):
    """What the kernel hands on: one row for a packet, `count` of them in use."""

    position: Column  # of the packet in the block
    direction: Column
    sequence: Column  # of the first payload byte, counted on past 2^32; of the SYN or FIN where there is none
    passed: Column  # bytes before it that passed by without a row
    start: Column  # first payload byte wanted, counted from the start of the payload
    size: Column  # bytes wanted


UNUSED, FREE, COUNTED, WANTED = 0, 1, 2, 3
"""Places in the `counters` column: slots never used yet, slots given back, conversations so far, rows of `Wanted`."""


@kernel
def track(
    data: Buffer,
    first_packet: int,
    begin: int,
    count: int,
    time_ns: Column,
    packets: Packets,
    conversations: Conversations,
    directions: Directions,
    notes: Notes,
    index: Column,
    key: Column,
    free: Column,
    wanted: Wanted,
    counters: Column,
    usual: Column,
) -> int:
    """Follow the TCP packets from `begin` on (a kernel).

    `usual` tells for each port whether TLS is usual there. Returns the position of the first packet not done: `count`,
    or less when a table is full.
    """
    for i in range(begin, count):
        if packets.protocol[i] != TCP:
            continue
        if counters[UNUSED] + counters[FREE] == 0 or counters[WANTED] == len(wanted.position):
            return i
        direction = find_direction(
            packets,
            i,
            first_packet,
            time_ns[i],
            conversations,
            directions,
            notes,
            index,
            key,
            free,
            counters,
        )
        slot = direction >> 1
        conversations.last_ns[slot] = max(conversations.last_ns[slot], time_ns[i])
        conversations.packets[slot] += 1
        directions.packets[direction] += 1
        if directions.packets[direction] <= HABITUAL and not packets.flags[i] & (FIN | RST):
            note_habit(packets, i, direction, directions)
        sequence = unwrap(packets.sequence[i], directions.highest[direction])
        needed = note_flags(
            packets, i, sequence, time_ns[i], slot, direction, conversations, directions
        )
        start, size, fresh = 0, 0, False
        length = packets.length[i]
        if length > 0:
            if packets.flags[i] & SYN:
                sequence += 1  # the SYN has the number before (TCP Fast Open, RFC 7413)
            directions.payload[direction] += length
            fresh = note_sequence(sequence, length, direction, directions)
            start, size = follow(
                data,
                packets,
                i,
                first_packet + i,
                time_ns[i],
                sequence,
                fresh,
                direction,
                directions,
                notes,
            )
            if directions.rows[direction] >= ROWS_LIMIT:
                size = 0
            else:
                needed = needed or is_early(direction, directions)
            if directions.kept[direction] + size > KEEP_LIMIT:
                size = max(0, KEEP_LIMIT - directions.kept[direction])
            directions.kept[direction] += size
        telling = is_telling(slot, conversations, directions, usual)
        if telling and (size > 0 or needed):
            row = counters[WANTED]
            wanted.position[row] = i
            wanted.direction[row] = direction
            wanted.sequence[row] = sequence
            wanted.passed[row] = take_passed(sequence, direction, directions)
            wanted.start[row] = start
            wanted.size[row] = size
            counters[WANTED] = row + 1
            directions.rows[direction] += 1
        elif fresh and directions.passed[direction] < 0:
            directions.passed[direction] = sequence
    return count


@kernel
def is_telling(
    slot: int, conversations: Conversations, directions: Directions, usual: Column
) -> bool:
    """Tell whether there is, so far, anything to say of a conversation.

    There is not, where its beginning was not captured, no side speaks TLS, and nobody would expect it to.
    """
    return (
        conversations.opener[slot] >= 0
        or directions.phase[2 * slot] != PLAIN
        or directions.phase[2 * slot + 1] != PLAIN
        or usual[conversations.a_port[slot]] != 0
        or usual[conversations.b_port[slot]] != 0
    )


@kernel
def take_passed(sequence: int, direction: int, directions: Directions) -> int:
    """Return how many bytes passed by without a row before a packet that has one."""
    passed = directions.passed[direction]
    if passed < 0 or sequence < passed:
        return 0
    directions.passed[direction] = -1
    return sequence - passed


# --- Which conversation? ---------------------------------------------------------------------------------------------


@kernel
def find_direction(
    packets: Packets,
    i: int,
    first_packet: int,
    time_ns: int,
    conversations: Conversations,
    directions: Directions,
    notes: Notes,
    index: Column,
    key: Column,
    free: Column,
    counters: Column,
) -> int:
    """Return the direction that packet `i` belongs to; a conversation not seen before gets a slot."""
    ends, side = ends_of(packets, i)
    mask = len(index) - 1
    place = spread(ends, key) & mask
    joined, others = -1, 0
    while index[place] != 0:
        slot = index[place] - 1
        if ends_at(conversations, slot) == ends:
            direction = 2 * slot + side
            if is_in_scope(packets, i, direction, directions):
                if not begins_anew(packets, i, direction, directions):
                    directions.scope[direction] = packets.scope[i]
                    return direction
                joined = -1
                break
            if joined < 0 and continues(packets, i, direction, directions):
                joined = direction
            others += 1
            if others == SCOPES_LIMIT:
                break
        place = (place + 1) & mask
    if joined >= 0:
        directions.scope[joined] = packets.scope[i]
        return joined
    if index[place] != 0:
        conversations.attached[index[place] - 1] = 0
    if counters[FREE] > 0:
        counters[FREE] -= 1
        slot = free[counters[FREE]]
    else:
        slot = len(conversations.attached) - counters[UNUSED]
        counters[UNUSED] -= 1
    index[place] = slot + 1
    clear(slot, conversations, directions, notes)
    conversations.attached[slot] = 1
    conversations.number[slot] = counters[COUNTED]
    counters[COUNTED] += 1
    put_ends(conversations, slot, ends)
    conversations.first_packet[slot] = first_packet + i
    conversations.first_ns[slot] = time_ns
    conversations.last_ns[slot] = time_ns
    directions.scope[2 * slot + side] = packets.scope[i]
    return 2 * slot + side


@kernel
def is_in_scope(packets: Packets, i: int, direction: int, directions: Directions) -> bool:
    """Tell whether a packet is in the network where its conversation was seen, to tell apart equal addresses."""
    if directions.packets[direction] == 0:
        direction ^= 1
    return bool(directions.scope[direction] == packets.scope[i])


@kernel
def continues(packets: Packets, i: int, direction: int, directions: Directions) -> bool:
    """Tell from the numbers alone whether a packet goes on with a conversation seen in another scope.

    The two directions may be in different VLANs, or only one in a tunnel; and a tunnel may move. What the other side
    has sent and acknowledged cannot be guessed, so who fits to it belongs to it.
    """
    if packets.flags[i] & (SYN | ACK) == SYN:
        return False
    sequence, highest = packets.sequence[i], directions.highest[direction]
    if directions.packets[direction] > 0 and (
        packets.flags[i] & SYN or highest < 0 or not is_near(sequence, highest)
    ):
        return False
    sent, acknowledged = directions.highest[direction ^ 1], directions.acknowledged[direction ^ 1]
    if packets.flags[i] & ACK and sent >= 0:
        return is_near(packets.acknowledgment[i], sent)
    return acknowledged >= 0 and is_near(sequence, acknowledged)


@kernel
def is_near(one: int, other: int) -> bool:
    """Tell whether two sequence numbers may stand in one window."""
    return abs(distance(one, other)) <= WINDOW_LIMIT


@kernel
def begins_anew(packets: Packets, i: int, direction: int, directions: Directions) -> bool:
    """Tell whether a SYN opens another connection between the same ports, rather than being sent again."""
    if not packets.flags[i] & SYN:
        return False
    sequence = packets.sequence[i]
    if directions.initial[direction] >= 0:
        if directions.initial[direction] & 0xFFFFFFFF == sequence:
            return False
        # An answer with another number before any data is one by SYN cookie (RFC 4987 section 3.6).
        return not packets.flags[i] & ACK or directions.payload[direction] > 0
    if packets.flags[i] & ACK:
        return False
    if directions.acknowledged[direction ^ 1] == (sequence + 1) & 0xFFFFFFFF:
        return False  # its answer was captured before it
    return directions.packets[direction] > 0 or directions.packets[direction ^ 1] > 0


@kernel
def fill_index(conversations: Conversations, index: Column, key: Column) -> None:
    """Enter all attached conversations into an index that is empty (a kernel)."""
    mask = len(index) - 1
    for slot in range(len(conversations.attached)):
        if conversations.attached[slot]:
            place = spread(ends_at(conversations, slot), key) & mask
            while index[place] != 0:
                place = (place + 1) & mask
            index[place] = slot + 1


@kernel
def find_ended(
    conversations: Conversations,
    directions: Directions,
    used: int,
    before_ns: int,
    unanswered_ns: int,
    ended: Column,
) -> int:
    """Note the slots whose conversations are over (a kernel).

    They are replaced; or closed and quiet since `before_ns`; or never came to be, and are quiet since `unanswered_ns`.
    Returns how many there are.
    """
    count = 0
    for slot in range(used):
        if conversations.packets[slot] and (
            not conversations.attached[slot]
            or (conversations.ended[slot] >= 3 and conversations.last_ns[slot] < before_ns)
            or (
                conversations.syn_ns[slot] >= 0
                and conversations.syn_ack_ns[slot] < 0
                and conversations.last_ns[slot] < unanswered_ns
                and is_wordless(slot, directions)
            )
        ):
            ended[count] = slot
            count += 1
    return count


@kernel
def is_wordless(slot: int, directions: Directions) -> bool:
    """Tell whether neither side of a conversation has sent a byte."""
    return directions.payload[2 * slot] == 0 and directions.payload[2 * slot + 1] == 0


@kernel
def find_used(
    conversations: Conversations,
    directions: Directions,
    used: int,
    wordless: bool,
    slots: Column,
    last_ns: Column,
) -> int:
    """Note the slots in use, of wordless conversations only or of all, and their last times (a kernel).

    Returns how many there are.
    """
    count = 0
    for slot in range(used):
        if conversations.packets[slot] and (not wordless or is_wordless(slot, directions)):
            slots[count] = slot
            last_ns[count] = conversations.last_ns[slot]
            count += 1
    return count


@kernel
def find_open(
    conversations: Conversations,
    directions: Directions,
    usual: Column,
    telling: bool,
    before_ns: int,
    found: Column,
) -> int:
    """Note the slots of conversations that are, or are not, telling, and quiet since `before_ns` (a kernel).

    Returns how many there are.
    """
    count = 0
    for slot in range(len(found)):
        if (
            conversations.packets[slot]
            and conversations.last_ns[slot] < before_ns
            and is_telling(slot, conversations, directions, usual) == telling
        ):
            found[count] = slot
            count += 1
    return count


@kernel
def release(
    slots: Column,
    conversations: Conversations,
    index: Column,
    key: Column,
    free: Column,
    counters: Column,
) -> None:
    """Give slots back whose conversations are over (a kernel)."""
    for slot in slots:
        if conversations.attached[slot]:
            leave_index(conversations, slot, index, key)
        conversations.attached[slot] = 0
        conversations.packets[slot] = 0
        free[counters[FREE]] = slot
        counters[FREE] += 1


@kernel
def clear(slot: int, conversations: Conversations, directions: Directions, notes: Notes) -> None:
    """Make a slot as new."""
    for values in conversations:
        values[slot] = 0
    conversations.opener[slot] = -1
    conversations.syn_ns[slot] = -1
    conversations.syn_ack_ns[slot] = -1
    conversations.ack_ns[slot] = -1
    for direction in (2 * slot, 2 * slot + 1):
        for values in directions:
            values[direction] = 0
        directions.initial[direction] = -1
        directions.highest[direction] = -1
        directions.hole_start[direction] = -1
        directions.hole_end[direction] = -1
        directions.header[direction] = -1
        directions.passed[direction] = -1
        directions.acknowledged[direction] = -1
        for note in range(direction * NOTED, (direction + 1) * NOTED):
            for values in notes:
                values[note] = 0


# --- What does TCP say? ----------------------------------------------------------------------------------------------


@kernel
def note_flags(
    packets: Packets,
    i: int,
    sequence: int,
    time_ns: int,
    slot: int,
    direction: int,
    conversations: Conversations,
    directions: Directions,
) -> bool:
    """Note how the connection opens and closes, and what is acknowledged; tell whether the flags are worth a row."""
    flags = packets.flags[i]
    if flags & SYN:
        if flags & ACK:
            conversations.opener[slot] = (direction & 1) ^ 1
            if conversations.syn_ack_ns[slot] < 0:
                conversations.syn_ack_ns[slot] = time_ns
        else:
            conversations.opener[slot] = direction & 1
            if conversations.syn_ack_ns[slot] < 0:
                conversations.syn_ns[slot] = time_ns
        directions.initial[direction] = sequence
        if directions.payload[direction] == 0:
            directions.highest[direction] = sequence + 1
    elif (
        conversations.ack_ns[slot] < 0
        and conversations.syn_ack_ns[slot] >= 0
        and conversations.opener[slot] == direction & 1
        and flags & ACK
    ):
        conversations.ack_ns[slot] = time_ns
    if flags & FIN:
        conversations.ended[slot] |= 1 << (direction & 1)
    if flags & RST:
        conversations.ended[slot] |= 4
    elif flags & ACK:
        before = directions.acknowledged[direction]
        if before < 0 or distance(packets.acknowledgment[i], before) > 0:
            directions.acknowledged[direction] = packets.acknowledgment[i]
    if flags & (SYN | FIN | RST):
        directions.flagged[direction] += 1
        return directions.flagged[direction] <= FLAGS_LIMIT
    return False


@kernel
def note_habit(packets: Packets, i: int, direction: int, directions: Directions) -> None:
    """Note what the headers of a direction's packets have in common, so that one which others made can be told."""
    ttl, known = packets.ttl[i], directions.ttl[direction]
    least, greatest = known & 0xFF, known >> 8
    if known == 0 or ttl < least:
        least = ttl
    directions.ttl[direction] = max(greatest, ttl) << 8 | least
    identification, last = packets.identification[i], directions.identification[direction]
    if identification <= 0:  # IPv6, or a packet that must not be cut (RFC 6864)
        return
    directions.identification[direction] = identification
    if last and directions.steps[direction] >= 0:
        step = (identification - last) & 0xFFFF
        directions.steps[direction] = directions.steps[direction] + 1 if 0 < step <= STEP else -1


@kernel
def unwrap(sequence: int, near: int) -> int:
    """Count a sequence number on past 2^32: of all that it may stand for, return the nearest to `near`."""
    if near < 0:
        return sequence + 0x100000000
    return near + distance(sequence, near)


@kernel
def distance(sequence: int, origin: int) -> int:
    """Return how far a sequence number lies after another, modulo 2^32 (RFC 9293 section 3.4)."""
    return ((sequence - origin + 0x80000000) & 0xFFFFFFFF) - 0x80000000


@kernel
def note_sequence(sequence: int, length: int, direction: int, directions: Directions) -> bool:
    """Note gaps and repetitions in one direction's sequence numbers; tell whether the segment goes on past them."""
    end = sequence + length
    highest = directions.highest[direction]
    if highest >= 0 and sequence > highest:
        directions.hole_start[direction] = highest
        directions.hole_end[direction] = sequence
    if end > highest:
        directions.highest[direction] = end
        return True
    hole = directions.hole_start[direction]
    if 0 <= hole <= sequence and end <= directions.hole_end[direction]:
        directions.hole_start[direction] = end
    elif length > 1:  # one byte that repeats the last is a keep-alive
        directions.retransmissions[direction] += 1
    return False


# --- Which bytes are wanted? -----------------------------------------------------------------------------------------


@kernel
def is_early(direction: int, directions: Directions) -> bool:
    """Tell whether each segment is worth a row, wanted bytes or not: in a handshake, gaps and repetitions count."""
    if directions.phase[direction] == PLAIN:
        return directions.payload[direction] <= PLAIN_LIMIT
    return (
        directions.records[direction] < EARLY_RECORDS
        and directions.payload[direction] <= KEEP_LIMIT
    )


@kernel
def follow(
    data: Buffer,
    packets: Packets,
    i: int,
    number: int,
    time_ns: int,
    sequence: int,
    fresh: bool,
    direction: int,
    directions: Directions,
    notes: Notes,
) -> tuple[int, int]:
    """Return the part of a payload that is wanted: its first byte, and how many.

    `fresh` tells whether it holds the highest sequence number so far; what does not may fill a hole.
    """
    at, captured = packets.payload[i], packets.captured[i]
    if directions.phase[direction] != FOLLOWING and begins_record(data, at, captured):
        directions.phase[direction] = FOLLOWING
        directions.header[direction] = sequence
        directions.split[direction] = 0
        directions.body_wanted[direction] = 0
    if directions.phase[direction] == PLAIN:
        return 0, max(0, min(captured, PLAIN_LIMIT - directions.kept[direction]))
    if directions.phase[direction] == LOST:
        return 0, 0
    position = directions.header[direction] - sequence
    if position >= packets.length[i]:
        # All of it is the body of a record whose header was seen, or older.
        if directions.body_wanted[direction] or directions.records[direction] < 1:
            return 0, captured
        if not fresh and is_early(direction, directions):
            return 0, captured
        return 0, 0
    if position + directions.split[direction] < 0:
        # Ahead: bytes are missing before it. Go on with the next segment that begins a record; in a
        # handshake, what is missing may still come, and what lies between is kept for it.
        if not begins_record(data, at, captured):
            early = directions.records[direction] < EARLY_RECORDS
            return 0, captured if early and directions.kept[direction] < AHEAD_LIMIT else 0
        directions.header[direction] = sequence
        directions.split[direction] = 0
        directions.body_wanted[direction] = 0
        position = 0
    return walk(data, packets, i, number, time_ns, sequence, position, direction, directions, notes)


@kernel
def walk(
    data: Buffer,
    packets: Packets,
    i: int,
    number: int,
    time_ns: int,
    sequence: int,
    position: int,
    direction: int,
    directions: Directions,
    notes: Notes,
) -> tuple[int, int]:
    """Go from header to header through one payload, the first at `position` (below zero where it was split)."""
    at, captured = packets.payload[i], packets.captured[i]
    split, split_value = directions.split[direction], directions.split_value[direction]
    first = 0 if directions.body_wanted[direction] else -1
    last = max(0, min(position, captured)) if first == 0 else 0
    while position + 5 <= captured:
        kind = header_byte(data, at + position, 0, split, split_value)
        major = header_byte(data, at + position, 1, split, split_value)
        minor = header_byte(data, at + position, 2, split, split_value)
        length = header_byte(data, at + position, 3, split, split_value) << 8 | u8(
            data, at + position + 4
        )
        if not is_header(kind, major, length):
            directions.phase[direction] = LOST
            return 0, captured
        split = 0
        body_wanted = kind != 23
        if kind == 23:
            directions.records[direction] += 1
        if body_wanted or directions.records[direction] <= EARLY_RECORDS:
            if first < 0:
                first = max(0, position)
            last = position + 5 + length if body_wanted else position + 5
        else:
            note = direction * NOTED + directions.records[direction] % NOTED
            notes.packet[note] = number
            notes.time_ns[note] = time_ns
            notes.length[note] = length
            notes.version[note] = major << 8 | minor
        directions.body_wanted[direction] = 1 if body_wanted else 0
        position += 5 + length
    if position < captured:
        # A header that the next segment completes: keep its first bytes too, if it may be wanted.
        kind = header_byte(data, at + position, 0, split, split_value)
        if kind != 23 or directions.records[direction] < EARLY_RECORDS:
            if first < 0:
                first = max(0, position)
            last = captured
        for k in range(split, captured - position):
            split_value = split_value << 8 | u8(data, at + position + k)
            split = k + 1
        split_value &= 0xFFFFFFFF
    if position < packets.length[i] and captured < packets.length[i]:
        directions.phase[direction] = LOST  # the header lies, or ends, beyond the snap length
    directions.split[direction] = split
    directions.split_value[direction] = split_value
    directions.header[direction] = sequence + position
    if first < 0:
        return 0, 0
    return first, min(last, captured) - first


@kernel
def header_byte(data: Buffer, at: int, k: int, split: int, split_value: int) -> int:
    """Return byte `k` of a record header, whose first `split` bytes came with the segment before."""
    if k < split:
        return (split_value >> 8 * (split - 1 - k)) & 0xFF
    return u8(data, at + k)


@kernel
def is_header(kind: int, major: int, length: int) -> bool:
    """Tell whether five bytes can be a record header: content types of TLS, version 3.x, a length TLS allows.

    Heartbeat (24) is among them; 2^14 + 2048 is the limit of RFC 5246 section 6.2.3.
    """
    return 20 <= kind <= 24 and major == 3 and length <= 18432


@kernel
def begins_record(data: Buffer, at: int, captured: int) -> bool:
    """Tell whether a payload begins with a TLS record, strictly enough not to be misled by other protocols."""
    if captured < 5 or not is_header(u8(data, at), u8(data, at + 1), u16(data, at + 3)):
        return False
    if u8(data, at + 2) > 4:
        return False
    length = u16(data, at + 3)
    kind = u8(data, at)
    if kind == 22:  # an empty one is nonsense, and was seen before a ServerHello
        return length > 0 or (captured >= 10 and is_header(u8(data, at + 5), u8(data, at + 6), 0))
    if kind == 20:
        return length == 1
    if kind == 21:
        return 2 <= length <= 256
    return kind == 23 and length > 0

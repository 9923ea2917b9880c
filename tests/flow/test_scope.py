"""Equal addresses in two networks are two conversations; one conversation that changes its network stays one."""

from __future__ import annotations

from array import array

from tlsparse.flow.flow import Flow
from tlsparse.flow.table import FlowTable
from tlsparse.flow.tracking import SCOPES_LIMIT
from tlsparse.net.packets import locate_packets
from tlsparse.pcap.block import Block

SYN, ACK, RST = 2, 16, 4
MILLISECOND = 1_000_000


def vlan(number: int) -> bytes:
    """The end of an Ethernet header: a tag, unless the number is 0, and the EtherType of IPv4."""
    return (b"\x81\x00" + number.to_bytes(2, "big") if number else b"") + b"\x08\x00"


def flows_of(*frames) -> list[Flow]:
    """Run packets through a table, each with the VLAN it is in."""
    data = [bytes(12) + vlan(number) + frame.data for number, frame in frames]
    sizes = array("q", map(len, data))
    block = Block(
        b"".join(data),
        len(data),
        1,
        array("q", (n * MILLISECOND for n in range(len(data)))),
        array("q", (sum(sizes[:n]) for n in range(len(data)))),
        sizes,
        sizes,
        array("q", [1] * len(data)),
        array("q", [0] * len(data)),
    )
    table = FlowTable()
    flows = [*table.add(block, locate_packets(block)), *table.finish()]
    return sorted(flows, key=lambda flow: flow.number)


def conversation(t, text: bytes) -> list:
    return [*t.open(), t.client(0, text), t.server(0, text.upper(), acknowledged=len(text))]


def said(flow: Flow) -> list[bytes]:
    return [b"".join(run.data for run in stream.runs) for stream in flow.streams]


def test_the_same_conversation_in_two_vlans_is_two(talk):
    """Even packet by packet, and with the same sequence numbers."""
    t = talk()
    one, two = conversation(t, b"one"), conversation(t, b"two")
    frames = [pair for a, b in zip(one, two, strict=True) for pair in ((10, a), (20, b))]
    flows = flows_of(*frames)

    assert [[b"one", b"ONE"], [b"two", b"TWO"]] == [said(flow) for flow in flows]
    assert [5, 5] == [flow.packets for flow in flows]


def test_an_answer_goes_to_the_question_in_its_own_vlan(talk):
    t = talk()
    syn, answer, *rest = conversation(t, b"text")
    flows = flows_of((10, syn), (20, syn), (20, answer), (10, answer), *((20, f) for f in rest))

    assert [2, 5] == [flow.packets for flow in flows]


def test_the_two_directions_of_a_conversation_may_be_in_two_vlans(talk):
    t = talk()
    for client, server in ((10, 20), (10, 0), (0, 10)):
        frames = conversation(t, b"text")
        side = [client, server, client, client, server]
        flows = flows_of(*zip(side, frames, strict=True))

        assert [[b"text", b"TEXT"]] == [said(flow) for flow in flows]


def test_they_may_when_the_capture_begins_in_the_middle(talk):
    t = talk()
    data = [t.client(100, b"text"), t.server(300, b"TEXT", acknowledged=104)]
    acknowledgment_first = [
        t.server(300, acknowledged=100),
        t.client(100, b"text", acknowledged=300),
    ]

    assert [[b"text", b"TEXT"]] == [said(f) for f in flows_of((10, data[0]), (0, data[1]))]
    assert 1 == len(flows_of((0, acknowledgment_first[0]), (10, acknowledgment_first[1])))


def test_a_conversation_may_move_to_another_vlan(talk):
    t = talk()
    before, after = (
        conversation(t, b"text"),
        [
            t.client(4, b" more", acknowledged=4),
            t.server(4, b" MORE", acknowledged=9),
        ],
    )
    flows = flows_of(*((10, frame) for frame in before), *((20, frame) for frame in after))

    assert [[b"text more", b"TEXT MORE"]] == [said(flow) for flow in flows]


def test_numbers_that_do_not_fit_are_of_another_conversation(talk):
    one, two = talk(), talk(initial=(1 << 30, 1 << 31))
    flows = flows_of(
        *((10, frame) for frame in conversation(one, b"one")),
        (20, two.server(0, b"two")),
        (20, two.client(0, b"three", acknowledged=3)),
    )

    assert [[b"one", b"ONE"], [b"three", b"two"]] == [said(flow) for flow in flows]


def test_ports_used_again_are_a_new_conversation_whatever_the_directions_vlans(talk):
    one, two = conversation(talk(), b"one"), conversation(talk(initial=(7, 9)), b"two")
    side = [10, 20, 10, 10, 20]
    flows = flows_of(*zip(side * 2, one + two, strict=True))

    assert [[b"one", b"ONE"], [b"two", b"TWO"]] == [said(flow) for flow in flows]


def test_conversations_of_the_same_endpoints_do_not_pile_up(talk):
    """Else each packet of a flood through ever new VLANs would be compared with all before."""
    count = 3 * SCOPES_LIMIT
    frames = [(1 + n, talk(initial=(n << 24, 0)).client(-1, flags=SYN)) for n in range(count)]
    frames += [(count, talk(initial=((count - 1) << 24, 0)).client(0, b"last"))]
    flows = flows_of(*frames)

    assert count == len(flows)
    assert [b"last", b""] == said(flows[-1])

"""What was captured twice is told from what was sent twice."""

from __future__ import annotations

from array import array

import pytest

from tlsparse.net.copies import COPY, PLACES, WITHIN_NS, WITHIN_UNNUMBERED_NS, Copies
from tlsparse.net.packets import TCP, locate_packets
from tlsparse.pcap.block import NO_TIME, Block

MACS = bytes(12)
NOW = 1_700_000_000_000_000_000
VLAN_10, VLAN_20 = b"\x81\x00\x00\x0a", b"\x81\x00\x00\x14"


def block_of(frames: list[bytes], times: list[int]) -> Block:
    sizes = array("q", map(len, frames))
    offsets = array("q", (sum(sizes[:n]) for n in range(len(frames))))
    ethernet, zeros = array("q", [1] * len(frames)), array("q", [0] * len(frames))
    data = b"".join(frames)
    return Block(data, len(frames), 1, array("q", times), offsets, sizes, sizes, ethernet, zeros)


def marked(*frames: tuple[bytes, int], copies: Copies | None = None) -> list[bool]:
    """Whether each of some frames, with times in nanoseconds, is a copy."""
    block = block_of([frame for frame, _ in frames], [NOW + when for _, when in frames])
    packets = locate_packets(block)
    assert [TCP] * len(frames) == list(packets.protocol)
    (copies or Copies()).mark(block, packets)
    return [protocol == COPY for protocol in packets.protocol]


def changed(packet: bytes, at: int, value: bytes) -> bytes:
    return packet[:at] + value + packet[at + len(value) :]


@pytest.fixture(scope="session")
def four(ipv4_tcp) -> bytes:
    """A segment in IPv4, with an identification."""
    return MACS + b"\x08\x00" + ipv4_tcp


@pytest.fixture(scope="session")
def unnumbered(four) -> bytes:
    return changed(four, 18, b"\0\0")


@pytest.fixture(scope="session")
def six(ipv6_tcp) -> bytes:
    return MACS + b"\x86\xdd" + ipv6_tcp


def test_a_segment_with_the_same_identification_is_a_copy(four):
    assert [False, True, True] == marked((four, 0), (four, 1000), (four, WITHIN_NS))
    assert [False, False] == marked((four, 0), (four, WITHIN_NS + 1))


def test_a_segment_sent_again_is_none(four):
    """The sender counts on: identification 8 after 7."""
    again = changed(four, 18, b"\x00\x08")

    assert [False, False] == marked((four, 0), (again, 1000))


@pytest.mark.parametrize("name", ["unnumbered", "six"])
def test_without_an_identification_a_millisecond_decides(request, name):
    frame = request.getfixturevalue(name)

    assert [False, True] == marked((frame, 0), (frame, WITHIN_UNNUMBERED_NS))
    assert [False, False] == marked((frame, 0), (frame, WITHIN_UNNUMBERED_NS + 1))


@pytest.mark.parametrize("flags", [0x10, 0x04, 0x14], ids=["ACK", "RST", "RST ACK"])
def test_acknowledgments_and_resets_without_an_identification_may_be_sent_in_a_row(
    unnumbered, flags
):
    bare = changed(unnumbered, 16, b"\x00\x28")[:54]
    bare = changed(bare, 14 + 33, bytes([flags]))

    assert [False, False] == marked((bare, 0), (bare, 1000))
    assert [False, True] == marked((bare, 0), (bare[:12] + VLAN_10 + bare[12:], 1000))


@pytest.mark.parametrize(
    ("at", "what"),
    [(26, "address"), (30, "address"), (34, "port"), (38, "sequence"), (42, "acknowledgment")],
)
def test_a_packet_that_differs_in_one_bit_is_no_copy(four, at, what):
    other = changed(four, at, bytes([four[at] ^ 1]))

    assert [False, False] == marked((four, 0), (other, 1000))


def test_a_copy_on_another_hop_has_another_time_to_live(four):
    assert [False, True] == marked((four, 0), (changed(four, 22, b"\x3f"), 1000))


def test_a_copy_may_have_a_tag_that_the_original_has_not(four):
    tagged = four[:12] + VLAN_10 + four[12:]

    assert [False, True] == marked((four, 0), (tagged, 1000))
    assert [False, True] == marked((tagged, 0), (four, 1000))


def test_in_two_vlans_only_a_router_makes_a_copy(four):
    """With the same time to live they are two conversations that look alike."""
    ten, twenty = (four[:12] + tag + four[12:] for tag in (VLAN_10, VLAN_20))
    routed = changed(twenty, 26, b"\x3f")

    assert [False, False] == marked((ten, 0), (twenty, 1000))
    assert [False, True] == marked((ten, 0), (routed, 1000))


def test_copies_are_known_across_blocks(four):
    copies = Copies()

    assert [False] == marked((four, 0), copies=copies)
    assert [True] == marked((four, 1000), copies=copies)


def test_a_burst_may_come_whole_before_its_copies(four):
    frames = [changed(four, 38, n.to_bytes(4, "big")) for n in range(1, 101)]
    both = [(frame, n) for n, frame in enumerate(frames + frames)]

    assert [False] * 100 + [True] * 100 == marked(*both)


def test_without_times_nothing_is_a_copy(four):
    block = block_of([four, four], [NO_TIME, NO_TIME])
    packets = locate_packets(block)
    Copies().mark(block, packets)

    assert [TCP, TCP] == list(packets.protocol)


def test_the_table_does_not_grow(four):
    copies = Copies()
    frames = [changed(four, 38, n.to_bytes(4, "big")) for n in range(2000)]
    marked(*((frame, n) for n, frame in enumerate(frames)), copies=copies)

    assert {PLACES} == {len(values) for values in copies._seen}


@pytest.mark.shared
def test_of_a_capture_that_has_every_packet_twice_each_second_is_a_copy(shared):
    import tlsparse

    name = "d_tcp_every_packet_twice_cert_unknownca_openssl_openssl_13.pcap"
    contents = tlsparse.read(shared / "diagbench/open" / name).contents

    assert [13] == [flow.packets for flow in contents.flows]
    assert [(0, 0)] == [flow.retransmissions for flow in contents.flows]

from __future__ import annotations

import random
from array import array
from types import SimpleNamespace

import pytest

from tlsparse.flow.flow import address_text
from tlsparse.net.icmp import NAMES, UNNAMED, Errors, read_errors
from tlsparse.net.packets import TCP, UDP, locate_packets
from tlsparse.pcap.block import Block

IPV4, IPV6 = 228, 229

ROUTED_V4 = "45 00 00 38  00 01 00 00  40 01 00 00  c0 00 02 fe  c0 00 02 01"
"""From the router 192.0.2.254 to 192.0.2.1: 56 bytes, TTL 64, ICMP."""

QUOTED_SYN = """
    45 00 00 3c  12 34 40 00  3f 06 00 00     # IPv4: 60 bytes in all, do not fragment, TTL 63, TCP
    c0 00 02 01  c6 33 64 02                  # 192.0.2.1 to 198.51.100.2
    c3 50 01 bb  01 02 03 04                  # ports 50000 and 443, sequence number; no more of it
"""

QUOTED_DATAGRAM = """
    45 00 05 dc  12 34 40 00  3f 11 00 00     # IPv4: 1500 bytes in all, TTL 63, UDP
    c0 00 02 01  c6 33 64 02
    c3 50 01 bb  05 c8 00 00                  # ports 50000 and 443, length, checksum
"""

V6_ROUTER = "20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 fe"
V6_CLIENT = "20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01"
V6_SERVER = "20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 02"

QUOTED_V6 = f"""
    60 00 00 00  05 b4 06 3f                  # IPv6: 1460 bytes of payload, TCP
    {V6_CLIENT} {V6_SERVER}
    c3 50 01 bb  01 02 03 04
"""


@pytest.fixture
def errors():
    """Read the errors about TCP, or UDP, of one packet whose bytes end where the buffer does."""

    def read(data: bytes, link: int = IPV4, protocol: int = TCP) -> list[SimpleNamespace]:
        before = b"\x45\x60" * 9
        values = (0, len(before), len(data), len(data), link, 0)
        block = Block(before + data, 1, 1, *(array("q", [value]) for value in values))
        rows, count = read_errors(block, locate_packets(block), protocol)
        names = Errors._fields
        return [SimpleNamespace(**{n: getattr(rows, n)[i] for n in names}) for i in range(count)]

    return read


@pytest.fixture
def error_v4(wire):
    """Make an ICMP error: type and code, then the rest of its header, then what it quotes."""
    return lambda head, quote=QUOTED_SYN: wire(f"{ROUTED_V4}  {head}  {quote}")


@pytest.fixture
def error_v6(wire):
    def make(head: str, quote: str = QUOTED_V6) -> bytes:
        message = wire(f"{head} {quote}")
        return (
            wire("60 00 00 00")
            + len(message).to_bytes(2)
            + wire(f"3a 40 {V6_ROUTER} {V6_CLIENT}")
            + message
        )

    return make


def test_an_unreachable_host_names_the_flow_of_the_packet_that_it_quotes(errors, error_v4):
    (error,) = errors(error_v4("03 01 00 00  00 00 00 00"))

    assert "icmp_host_unreachable" == NAMES[error.kind]
    assert "192.0.2.1" == address_text(error.source_high, error.source_low)
    assert "198.51.100.2" == address_text(error.target_high, error.target_low)
    assert (50000, 443, 0x01020304) == (error.source_port, error.target_port, error.sequence)


def test_what_the_next_link_takes_is_said_with_the_size_of_what_it_did_not(errors, error_v4):
    """RFC 1191 section 4: the low 16 bits of the word that is unused elsewhere."""
    (error,) = errors(error_v4("03 04 00 00  00 00 05 00", QUOTED_DATAGRAM), protocol=UDP)

    assert "icmp_fragmentation_needed" == NAMES[error.kind]
    assert (1280, 1500) == (error.mtu, error.length)


def test_that_word_is_no_mtu_in_other_errors(errors, error_v4):
    """RFC 4884: it may tell how long the quote is."""
    (error,) = errors(error_v4("03 0d 00 00  00 07 05 00"))

    assert ("icmp_admin_prohibited", 0) == (NAMES[error.kind], error.mtu)


@pytest.mark.parametrize(
    ("head", "name", "mtu"),
    [
        ("01 00 00 00  00 00 00 00", "icmp_net_unreachable", 0),
        ("01 01 00 00  00 00 00 00", "icmp_admin_prohibited", 0),
        ("01 04 00 00  00 00 00 00", "icmp_port_unreachable", 0),
        ("02 00 00 00  00 00 05 00", "icmp_packet_too_big", 1280),
        ("03 00 00 00  00 00 00 00", "icmp_ttl_exceeded", 0),
    ],
)
def test_icmpv6_has_types_of_its_own(errors, error_v6, head, name, mtu):
    """RFC 4443 section 3."""
    (error,) = errors(error_v6(head), IPV6)

    assert (name, mtu, 1500) == (NAMES[error.kind], error.mtu, error.length)
    assert "2001:db8::2" == address_text(error.target_high, error.target_low)
    assert (50000, 443) == (error.source_port, error.target_port)


def test_extension_headers_of_the_quoted_packet_are_passed_over(errors, error_v6):
    quote = f"60 00 00 00  00 40 00 3f {V6_CLIENT} {V6_SERVER} 06 00 01 04 00 00 00 00  c3 50 01 bb 00 00 00 09"

    (error,) = errors(error_v6("01 04 00 00  00 00 00 00", quote), IPV6)

    assert (443, 9) == (error.target_port, error.sequence)


def test_a_first_fragment_has_ports_and_a_later_one_has_not(errors, error_v4):
    first = QUOTED_DATAGRAM.replace("12 34 40 00", "12 34 20 00")
    later = QUOTED_DATAGRAM.replace("12 34 40 00", "12 34 00 b9")

    assert 1 == len(errors(error_v4("0b 01 00 00  00 00 00 00", first), protocol=UDP))
    assert [] == errors(error_v4("0b 01 00 00  00 00 00 00", later), protocol=UDP)


@pytest.mark.parametrize(
    "head",
    [
        pytest.param("08 00 00 00  00 01 00 01", id="echo"),
        pytest.param("05 01 00 00  c0 00 02 fd", id="redirect"),
        pytest.param("04 00 00 00  00 00 00 00", id="source quench, which nobody sends any more"),
    ],
)
def test_other_messages_are_no_errors(errors, error_v4, head):
    assert [] == errors(error_v4(head))


def test_errors_about_another_protocol_are_not_asked_for(errors, error_v4):
    assert [] == errors(error_v4("03 03 00 00  00 00 00 00", QUOTED_DATAGRAM), protocol=TCP)


def test_a_code_without_a_name_is_an_error_all_the_same(errors, error_v4):
    (error,) = errors(error_v4("03 c8 00 00  00 00 00 00"))

    assert "icmp_unreachable" == NAMES.get(error.kind, UNNAMED)


def test_a_quote_that_is_cut_anywhere_is_no_error_and_no_fault(errors, error_v4, error_v6):
    whole = error_v4("03 03 00 00  00 00 00 00")
    whole_v6 = error_v6("01 04 00 00  00 00 00 00")

    assert [[]] * 56 == [errors(whole[:n]) for n in range(56)]
    assert [[]] * len(whole_v6) == [errors(whole_v6[:n], IPV6) for n in range(len(whole_v6))]


def test_no_bytes_in_a_quote_raise(errors, error_v4, error_v6):
    dice = random.Random(792)
    for _ in range(3000):
        for data, link in (
            (error_v4("03 04 00 00  00 00 05 00"), IPV4),
            (error_v6("02 00 00 00  00 00 05 00"), IPV6),
        ):
            damaged = bytearray(data)
            for _ in range(dice.randint(1, 6)):
                damaged[dice.randrange(20, len(damaged))] = dice.randrange(256)
            for protocol in (TCP, UDP):
                errors(bytes(damaged[: dice.randint(0, len(damaged))]), link, protocol)

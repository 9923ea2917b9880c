"""A packet, located; and the parts of which the packets of these tests are put together."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from tlsparse.flow.flow import address_text
from tlsparse.net.packets import Packets, locate_packets
from tlsparse.pcap.block import Block

IPV4_TCP = """
    45 00 00 2d  00 07 40 00  40 06 00 00     # IPv4: 20-byte header, 45 bytes in all, identification 7, TTL 64, TCP
    c0 00 02 01  c6 33 64 02                  # 192.0.2.1 to 198.51.100.2
    c3 50 01 bb  01 02 03 04  05 06 07 08     # TCP: ports 50000 and 443, sequence, acknowledgment
    50 18 20 00  00 00 00 00                  # 20-byte header, PSH ACK, window 8192
    68 65 6c 6c 6f                            # "hello"
"""

IPV6_TCP = """
    60 00 00 00  00 19 06 40                  # IPv6: 25 bytes of payload, TCP, hop limit 64
    20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01   # 2001:db8::1
    20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 02   # 2001:db8::2
    c3 50 01 bb  01 02 03 04  05 06 07 08     # TCP as above
    50 18 20 00  00 00 00 00
    68 65 6c 6c 6f
"""


@pytest.fixture(scope="session")
def ipv4_tcp(wire: Callable[[str], bytes]) -> bytes:
    """45 bytes of IPv4, TCP and "hello"."""
    return wire(IPV4_TCP)


@pytest.fixture(scope="session")
def ipv6_tcp(wire: Callable[[str], bytes]) -> bytes:
    """65 bytes of IPv6, TCP and "hello"."""
    return wire(IPV6_TCP)


@pytest.fixture(scope="session")
def locate() -> Callable[..., SimpleNamespace]:
    """Locate one packet; its bytes end where the buffer does, so that nobody reads on."""

    def locate_packet(data: bytes, link: int = 1, length: int | None = None) -> SimpleNamespace:
        before = b"\x45\x60" * 9
        columns = [
            array("q", [value])
            for value in (
                0,
                len(before),
                len(data),
                len(data) if length is None else length,
                link,
                0,
            )
        ]
        packets = locate_packets(Block(before + data, 1, 1, *columns))
        row = SimpleNamespace(**{name: getattr(packets, name)[0] for name in Packets._fields})
        row.source = address_text(row.source_high, row.source_low)
        row.target = address_text(row.target_high, row.target_low)
        row.data = (before + data)[row.payload : row.payload + row.captured]
        assert 0 <= row.captured <= max(row.captured, row.length)
        return row

    return locate_packet

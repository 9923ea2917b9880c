"""What is no TLS is not taken for it: conversations of other protocols, made here packet by packet."""

from __future__ import annotations

import struct
from itertools import accumulate

import pytest

import tlsparse

HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)  # raw IP
CLIENT, SERVER = bytes((192, 0, 2, 1)), bytes((192, 0, 2, 2))
FIN, SYN, PSH, ACK = 1, 2, 8, 16

SMTP = [
    ("S", b"220 a.test ESMTP\r\n"),
    ("C", b"EHLO b.test\r\n"),
    ("S", b"250-a.test\r\n250-STARTTLS\r\n250 SIZE\r\n"),
    ("C", b"MAIL FROM:<x@b.test>\r\n"),
    ("S", b"250 OK\r\n"),
    ("C", b"RCPT TO:<y@a.test>\r\n"),
    ("S", b"454 4.7.1 Relay access denied\r\n"),  # a no, but not to STARTTLS
    ("C", b"QUIT\r\n"),
    ("S", b"221 Bye\r\n"),
]

CONVERSATIONS = {
    "smtp": (25, SMTP),
    "pop3": (
        110,
        [("S", b"+OK\r\n"), ("C", b"USER a\r\n"), ("S", b"-ERR no\r\n"), ("C", b"QUIT\r\n")],
    ),
    "imap": (143, [("S", b"* OK\r\n"), ("C", b"a LOGIN b c\r\n"), ("S", b"a NO no\r\n")]),
    "ftp": (21, [("S", b"220 FTP\r\n"), ("C", b"USER a\r\n"), ("S", b"530 no\r\n")]),
    "ssh": (
        22,
        [
            ("S", b"SSH-2.0-a\r\n"),
            ("C", b"SSH-2.0-b\r\n"),
            ("C", b"\0\0\0\x0c\x06\x14" + bytes(10)),
        ],
    ),
    "http": (80, [("C", b"GET / HTTP/1.1\r\n\r\n"), ("S", b"HTTP/1.1 403 Forbidden\r\n\r\n")]),
    "postgresql": (
        5432,
        [("C", b"\0\0\0\x11\0\x03\0\0user\0a\0\0\0"), ("S", b"R\0\0\0\x08\0\0\0\0")],
    ),
    "redis": (6379, [("C", b"PING\r\n"), ("S", b"+PONG\r\n")]),
    "socks to a plain port": (
        1080,
        [
            ("C", b"\x05\x01\x00"),
            ("S", b"\x05\x00"),
            ("C", b"\x05\x01\x00\x03\x06a.test\x00\x50"),
            ("S", b"\x05\x05\x00\x01" + bytes(6)),
        ],
    ),
    "bytes that begin like a record": (9999, [("C", b"\x16\x03"), ("S", b"\x15\x03\x01\x00\x02")]),
    "binary": (9999, [("C", bytes(range(256))), ("S", bytes(reversed(range(256))))]),
}


def capture(port: int, talk: list[tuple[str, bytes]]) -> bytes:
    """A TCP connection with these words, opened and closed as it should be."""
    sent = {"C": 1000, "S": 5000}
    packets = []

    def send(side: str, flags: int, data: bytes = b"") -> None:
        other = "S" if side == "C" else "C"
        ports = (50000, port) if side == "C" else (port, 50000)
        ends = (CLIENT, SERVER) if side == "C" else (SERVER, CLIENT)
        tcp = struct.pack(">HHIIBBHHH", *ports, sent[side], sent[other], 5 << 4, flags, 8192, 0, 0)
        length = 20 + len(tcp) + len(data)
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, length, len(packets), 0, 64, 6, 0, *ends)
        packets.append(ip + tcp + data)
        sent[side] += len(data) + bool(flags & (SYN | FIN))

    send("C", SYN)
    send("S", SYN | ACK)
    send("C", ACK)
    for side, data in talk:
        send(side, PSH | ACK, data)
    send("C", FIN | ACK)
    send("S", FIN | ACK)
    times = accumulate([1] * len(packets))
    return HEADER + b"".join(
        struct.pack("<IIII", 1_700_000_000, time, len(packet), len(packet)) + packet
        for time, packet in zip(times, packets, strict=True)
    )


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_another_protocol_has_no_row(name):
    assert [] == tlsparse.read(capture(*CONVERSATIONS[name])).contents.flows


@pytest.mark.parametrize("port", [None, 443], ids=["its own port", "the port of HTTPS"])
@pytest.mark.parametrize("name", sorted(CONVERSATIONS.keys() - {"socks to a plain port"}))
def test_in_another_protocol_nothing_of_tls_is_found(name, port):
    usual, talk = CONVERSATIONS[name]
    contents = tlsparse.read(capture(port or usual, talk), all_flows=True).contents
    ((_, handshake),) = contents.each()
    (findings,) = contents.findings.values()

    assert "not_tls" == handshake.outcome
    assert {"transport"} == {event.kind for event in handshake.events}
    assert {} == handshake.certificates
    assert not [f for f in findings if "refused" in f.cause]


def test_where_tls_was_asked_for_in_vain_there_is_a_row_on_any_port():
    talk = [("C", b"\0\0\0\x08\x04\xd2\x16\x2f"), ("S", b"N")]
    capture_ = tlsparse.read(capture(9999, talk))

    assert "postgresql" == capture_.flows.loc[0, "prelude"]
    assert "protocol.starttls_refused" == capture_.handshakes.loc[0, "cause"]


def test_a_proxy_that_refused_a_plain_connection_is_told_of_where_all_flows_are_asked_for():
    capture_ = tlsparse.read(capture(*CONVERSATIONS["socks to a plain port"]), all_flows=True)

    assert ["protocol.proxy_refused"] == list(capture_.findings["cause"])
    assert [] == list(capture_.messages["message"])

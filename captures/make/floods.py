"""Captures that would fill any memory: floods, connections that never end, and whatever else only an attacker sends.

    python floods.py syn_flood 1000000 | tlsparse diagnose -
    python floods.py                                            names them all

They are made packet by packet while they are read (`Flood` is an open file), so ten gigabytes take no room anywhere.
The same arguments give the same bytes. All are classic pcap with raw IP; checksums are zero. `FLOODS` has them by name;
each takes how many packets, connections or records there shall be, and says which.
"""

from __future__ import annotations

import io
import struct
import sys
from collections.abc import Callable, Iterable, Iterator

FIN, SYN, RST, ACK = 1, 2, 4, 16
CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA, HEARTBEAT = 20, 21, 22, 23, 24

SECOND = 1_000_000_000
BEGIN = 1_700_000_000 * SECOND
SERVER = bytes((192, 0, 2, 80))

Packet = tuple[int, bytes]
"""Time in nanoseconds, and the bytes from the IP header on."""


class Flood(io.RawIOBase):
    """A capture that is made while it is read."""

    name = "flood"

    def __init__(self, packets: Iterable[Packet]) -> None:
        self._packets = iter(packets)
        self._waiting = bytearray(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 0, 101))
        self._taken = 0

    def readable(self) -> bool:
        return True

    def readinto(self, room: bytearray | memoryview) -> int:
        view = memoryview(room)
        while len(self._waiting) < len(view):
            packet = next(self._packets, None)
            if packet is None:
                break
            time_ns, data = packet
            sizes = len(data), len(data)
            self._waiting += struct.pack("<IIII", *divmod(time_ns, SECOND), *sizes)
            self._waiting += data
        count = min(len(view), len(self._waiting))
        view[:count] = self._waiting[:count]
        del self._waiting[:count]
        return count


def flood(name: str, count: int) -> Flood:
    """Open a flood by its name."""
    return Flood(FLOODS[name](count))


# --- Packets ----------------------------------------------------------------------------------------------------------


def address(number: int) -> bytes:
    """An address of 10.0.0.0/8, another one for each number below 2^24."""
    return struct.pack(">I", 0x0A000000 + number)


def ip(
    source: bytes, target: bytes, protocol: int, body: bytes, fragment: int = 0, id: int = 0
) -> bytes:
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), id, fragment, 64, protocol, 0)
    return head + source + target + body


def udp(source: bytes, sport: int, target: bytes, tport: int, body: bytes) -> bytes:
    return ip(source, target, 17, struct.pack(">HHHH", sport, tport, 8 + len(body), 0) + body)


class Connection:
    """A TCP connection to port `port`; each side's bytes are numbered from 0, the first after its SYN."""

    def __init__(
        self, client: int = 1, port: int = 443, sport: int = 50000, initial: int = 1000
    ) -> None:
        self.ends = (address(client), sport), (SERVER, port)
        self.initial = initial, initial + 7
        self.sent = [0, 0]

    def packet(self, side: int, at: int, body: bytes = b"", flags: int = ACK) -> bytes:
        (source, sport), (target, tport) = self.ends[side], self.ends[1 - side]
        sequence = (self.initial[side] + 1 + at) & 0xFFFFFFFF
        number = 0
        if flags & ACK:
            number = (self.initial[1 - side] + 1 + self.sent[1 - side]) & 0xFFFFFFFF
        head = struct.pack(">HHIIBBHHH", sport, tport, sequence, number, 0x50, flags, 65535, 0, 0)
        return ip(source, target, 6, head + body)

    def open(self) -> Iterator[bytes]:
        yield self.packet(0, -1, flags=SYN)
        yield self.packet(1, -1, flags=SYN | ACK)
        yield self.packet(0, 0)

    def say(self, side: int, body: bytes) -> bytes:
        at = self.sent[side]
        self.sent[side] += len(body)
        return self.packet(side, at, body)

    def shake_hands(self) -> Iterator[bytes]:
        """Open, and go through a handshake of TLS 1.2 that resumes a session."""
        yield from self.open()
        yield self.say(0, client_hello(0))
        finished = record(CHANGE_CIPHER_SPEC, b"\1") + record(HANDSHAKE, bytes(40))
        yield self.say(1, server_hello() + finished)
        yield self.say(0, finished)


def record(kind: int, body: bytes) -> bytes:
    return struct.pack(">BHH", kind, 0x0303, len(body)) + body


def message(kind: int, body: bytes) -> bytes:
    return struct.pack(">I", kind << 24 | len(body)) + body


def client_hello(number: int) -> bytes:
    """A record with a ClientHello; each number gives another random and another name."""
    name = b"host-%d.test" % number
    server_name = struct.pack(">HHHBH", 0, len(name) + 5, len(name) + 3, 0, len(name)) + name
    random = struct.pack(">Q", number).rjust(32, b"\x5a")
    suites = bytes.fromhex("0006 c02b c02f 009c")
    body = b"\3\3" + random + b"\0" + suites + b"\1\0"
    body += struct.pack(">H", len(server_name)) + server_name
    return record(HANDSHAKE, message(1, body))


def server_hello() -> bytes:
    return record(HANDSHAKE, message(2, b"\3\3" + 32 * b"\xa5" + b"\0" + b"\xc0\x2b" + b"\0"))


def clocked(packets: Iterable[bytes], step_ns: int = 10_000) -> Iterator[Packet]:
    """Give packets their times, one after the other."""
    for number, data in enumerate(packets):
        yield BEGIN + number * step_ns, data


# --- Many connections -------------------------------------------------------------------------------------------------


def syn_flood(count: int, port: int = 443) -> Iterator[Packet]:
    """Connections: each a SYN from another address that nobody answers, a thousand a second."""
    opening = (Connection(n, port).packet(0, -1, flags=SYN) for n in range(count))
    return clocked(opening, SECOND // 1000)


def syn_flood_elsewhere(count: int) -> Iterator[Packet]:
    """Connections: the same to a port on which nobody expects TLS."""
    return syn_flood(count, 9)


def sudden_syn_flood(count: int) -> Iterator[Packet]:
    """Connections: the same within a few seconds, so that no time-out helps."""
    return ((BEGIN + at // 1000, data) for at, data in syn_flood(count))


def scan(count: int) -> Iterator[Packet]:
    """Connections: one client tries another server each time, and none answers."""
    for n in range(count):
        connection = Connection(1)
        connection.ends = connection.ends[0], (address(n + 2), 443)
        yield BEGIN + n * SECOND // 1000, connection.packet(0, -1, flags=SYN)


def refused(count: int) -> Iterator[Packet]:
    """Connections: a SYN that is answered by a reset."""

    def packets() -> Iterator[bytes]:
        for n in range(count):
            connection = Connection(n)
            yield connection.packet(0, -1, flags=SYN)
            yield connection.packet(1, -1, flags=RST | ACK)

    return clocked(packets(), SECOND // 1000)


def half_open(count: int) -> Iterator[Packet]:
    """Connections: a SYN and its answer, and nothing more."""

    def packets() -> Iterator[bytes]:
        for n in range(count):
            connection = Connection(n)
            yield connection.packet(0, -1, flags=SYN)
            yield connection.packet(1, -1, flags=SYN | ACK)

    return clocked(packets(), SECOND // 1000)


def reopened(count: int) -> Iterator[Packet]:
    """Connections: a SYN from always the same address and port, with another number each time."""
    return clocked(Connection(initial=1000 * n).packet(0, -1, flags=SYN) for n in range(count))


def unanswered_hellos(count: int) -> Iterator[Packet]:
    """Connections: opened, with a ClientHello like no other, and no answer to it."""

    def packets() -> Iterator[bytes]:
        for n in range(count):
            connection = Connection(n)
            yield from connection.open()
            yield connection.say(0, client_hello(n))

    return clocked(packets(), SECOND // 1000)


# --- One connection ---------------------------------------------------------------------------------------------------


def bulk(count: int) -> Iterator[Packet]:
    """Packets: 64 KB of application data each, as a network card with segmentation offload shows them."""
    body = 3 * record(APPLICATION_DATA, bytes(16384))
    connection = Connection()

    def packets() -> Iterator[bytes]:
        yield from connection.shake_hands()
        for _ in range(count):
            yield connection.say(1, body)

    return clocked(packets())


def _talk(bodies: Iterable[bytes], side: int = 1) -> Iterator[Packet]:
    """A handshake, then packets of one side with these bytes."""
    connection = Connection()

    def packets() -> Iterator[bytes]:
        yield from connection.shake_hands()
        for body in bodies:
            yield connection.say(side, body)

    return clocked(packets())


def endless(count: int) -> Iterator[Packet]:
    """Records: alerts, heartbeats, encrypted handshake messages and changes of cipher, one a packet, for ever."""
    kinds = (ALERT, HEARTBEAT, HANDSHAKE, CHANGE_CIPHER_SPEC, APPLICATION_DATA)
    return _talk(record(kinds[n % len(kinds)], bytes(32)) for n in range(count))


def renegotiations(count: int) -> Iterator[Packet]:
    """Handshakes: another one in the clear after each change of cipher, as no server would have it."""
    connection = Connection()

    def packets() -> Iterator[bytes]:
        yield from connection.open()
        finished = record(CHANGE_CIPHER_SPEC, b"\1") + record(HANDSHAKE, bytes(40))
        for n in range(count):
            yield connection.say(0, client_hello(n))
            yield connection.say(1, server_hello() + finished)
            yield connection.say(0, finished)

    return clocked(packets())


def warnings(count: int) -> Iterator[Packet]:
    """Records: warning alerts in clear, two hundred a packet."""
    connection = Connection()
    alerts = 200 * record(ALERT, b"\1\x5a")

    def packets() -> Iterator[bytes]:
        yield from connection.open()
        yield connection.say(0, client_hello(0))
        for _ in range(count // 200):
            yield connection.say(1, alerts)

    return clocked(packets())


def tiny_records(count: int) -> Iterator[Packet]:
    """Records: application data of one byte, two hundred a packet."""
    return _talk(200 * record(APPLICATION_DATA, b"x") for _ in range(count // 200))


def empty_records(count: int) -> Iterator[Packet]:
    """Records: handshake records with nothing in them, two hundred a packet, before any hello is answered."""
    connection = Connection()

    def packets() -> Iterator[bytes]:
        yield from connection.open()
        yield connection.say(0, client_hello(0))
        for _ in range(count // 200):
            yield connection.say(1, 200 * record(HANDSHAKE, b""))

    return clocked(packets())


def one_byte_segments(count: int) -> Iterator[Packet]:
    """Packets: one byte each, of a handshake record that never ends."""
    connection = Connection()

    def packets() -> Iterator[bytes]:
        yield from connection.open()
        words = record(HANDSHAKE, message(1, bytes(16000)))
        for n in range(count):
            yield connection.say(0, words[n % len(words) :][:1])

    return clocked(packets())


def plain_bytes(count: int) -> Iterator[Packet]:
    """Packets: one byte each of something that is not TLS, in both directions."""
    connection = Connection()

    def packets() -> Iterator[bytes]:
        yield from connection.open()
        for n in range(count):
            yield connection.say(n & 1, b"\n" if n % 64 > 61 else b"a")

    return clocked(packets())


def holes(count: int) -> Iterator[Packet]:
    """Packets: every second one is missing, and never comes."""
    connection = Connection()

    def packets() -> Iterator[bytes]:
        yield from connection.open()
        yield connection.say(0, client_hello(0))
        for _ in range(count):
            connection.sent[1] += 100
            yield connection.say(1, bytes(100))

    return clocked(packets())


def backwards(count: int) -> Iterator[Packet]:
    """Packets: the last byte comes first, and so on to the first, with a hole of one byte before each."""
    connection = Connection()

    def packets() -> Iterator[bytes]:
        yield from connection.open()
        yield connection.say(0, client_hello(0))
        for n in range(count, 0, -1):
            yield connection.packet(1, 2 * n, b"x")

    return clocked(packets())


def overlaps(count: int) -> Iterator[Packet]:
    """Packets: each goes one byte further than the one before, and repeats a thousand, in a zigzag."""
    connection = Connection()

    def packets() -> Iterator[bytes]:
        yield from connection.open()
        yield connection.say(0, client_hello(0))
        words = record(HANDSHAKE, bytes(16000))
        for n in range(count):
            yield connection.packet(1, n ^ 7, (words * 2)[n % 8000 :][:1000])

    return clocked(packets())


def long_message(count: int) -> Iterator[Packet]:
    """Records: parts of a Certificate message that claims 16 MB."""
    connection = Connection()

    def packets() -> Iterator[bytes]:
        yield from connection.open()
        yield connection.say(0, client_hello(0))
        yield connection.say(1, server_hello() + record(HANDSHAKE, b"\x0b\xff\xff\xff"))
        for _ in range(count):
            yield connection.say(1, record(HANDSHAKE, bytes(16000)))

    return clocked(packets())


def certificates(count: int) -> Iterator[Packet]:
    """Certificates: a chain of so many, each of one byte that is no certificate."""
    chain = b"".join(b"\0\0\1" + bytes((n & 0xFF,)) for n in range(count))
    words = message(11, struct.pack(">I", len(chain))[1:] + chain)
    connection = Connection()

    def packets() -> Iterator[bytes]:
        yield from connection.open()
        yield connection.say(0, client_hello(0))
        yield connection.say(1, server_hello())
        for at in range(0, len(words), 16000):
            yield connection.say(1, record(HANDSHAKE, words[at : at + 16000]))

    return clocked(packets())


# --- Datagrams --------------------------------------------------------------------------------------------------------


def dtls_hellos(count: int) -> Iterator[Packet]:
    """Datagrams: a ClientHello of DTLS from another address each time."""

    def packets() -> Iterator[bytes]:
        for n in range(count):
            body = b"\xfe\xfd" + struct.pack(">Q", n).rjust(32, b"\x5a")
            body += bytes.fromhex("0000 0002 c02b 0100")
            size = struct.pack(">I", len(body))[1:]
            words = b"\1" + size + bytes(5) + size + body
            head = b"\x16\xfe\xff" + bytes(8) + struct.pack(">H", len(words))
            yield udp(address(n), 50000, SERVER, 4433, head + words)

    return clocked(packets(), SECOND // 1000)


def dtls_alerts(count: int) -> Iterator[Packet]:
    """Datagrams: an alert of DTLS from another address each time."""
    alert = b"\x15\xfe\xfd" + bytes(8) + b"\0\2\2\x28"
    return clocked(
        (udp(address(n), 50000, SERVER, 4433, alert) for n in range(count)), SECOND // 1000
    )


def quic_initial(number: int) -> bytes:
    """What looks like an Initial packet, with a connection id of its own."""
    head = b"\xc3\0\0\0\1\x08" + struct.pack(">Q", number) + b"\0\0"
    return head + struct.pack(">H", 0x4000 | 1180) + bytes(1180)


def quic_lookalikes(count: int) -> Iterator[Packet]:
    """Datagrams: what looks like an Initial packet of QUIC, from another address each time."""
    packets = (udp(address(n), 50000, SERVER, 443, quic_initial(n)) for n in range(count))
    return clocked(packets, SECOND // 1000)


def quic_connections(count: int) -> Iterator[Packet]:
    """Datagrams: the same between always the same two endpoints, with another connection id each time."""
    packets = (udp(address(1), 50000, SERVER, 443, quic_initial(n)) for n in range(count))
    return clocked(packets, SECOND // 1000)


def fragments(count: int) -> Iterator[Packet]:
    """Packets: the first fragment of an IP packet, of which the others never come."""
    first = 0x2000
    return clocked(
        ip(address(n >> 16), SERVER, 6, bytes(1400), first, n & 0xFFFF) for n in range(count)
    )


FLOODS: dict[str, Callable[[int], Iterator[Packet]]] = {
    function.__name__: function
    for function in (
        syn_flood,
        syn_flood_elsewhere,
        sudden_syn_flood,
        scan,
        refused,
        half_open,
        reopened,
        unanswered_hellos,
        bulk,
        endless,
        renegotiations,
        warnings,
        tiny_records,
        empty_records,
        one_byte_segments,
        plain_bytes,
        holes,
        backwards,
        overlaps,
        long_message,
        certificates,
        dtls_hellos,
        dtls_alerts,
        quic_lookalikes,
        quic_connections,
        fragments,
    )
}
"""All floods, by name."""


def main() -> None:
    if len(sys.argv) != 3 or sys.argv[1] not in FLOODS:
        lines = (f"{name}: {function.__doc__}" for name, function in FLOODS.items())
        sys.exit("floods.py NAME COUNT, with one of\n" + "\n".join(lines))
    capture = flood(sys.argv[1], int(sys.argv[2]))
    while data := capture.read(1 << 20):
        sys.stdout.buffer.write(data)


if __name__ == "__main__":
    main()

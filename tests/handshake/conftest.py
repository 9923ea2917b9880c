"""A builder of flows from a script, so that every ending can be told without a capture.

A line of the script is a packet: ``C`` or ``S`` for who sends it, then what it holds, word by word. It comes a
millisecond after the one before and acknowledges all that the other side has sent so far.

    syn, syn_ack, fin, rst      flags
    client_hello, certificate   a message in a record of its own; all of `MESSAGES`
    ccs, finished:64            ChangeCipherSpec; a handshake record of so many bytes that cannot be read
    data:800                    a record of application data: early ones are the hidden handshake of TLS 1.3
    alert:fatal:unknown_ca      an alert; alert:26 is one that cannot be read
    text:HELO, hex:1603         any bytes
    again                       the sender's last payload once more
    icmp_host_unreachable       what a router at 192.0.2.254 says of the other side's packets; mtu:1280 says how large

Before a line, ``+2.5`` lets that many seconds pass; after the last one the capture goes on for so long. Other words say
what happens to the packet: ``lost`` (it arrives, the capture does not have it), ``blackholed`` (it arrives nowhere;
the capture has it), ``deaf`` (it acknowledges nothing more, nor do later ones), ``snap:96`` (bytes captured),
``ttl:57`` and ``id:7`` (time to live, 64 elsewhere, and IP identification), ``ahead:9`` (its number is too high by so
much).
"""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest

from tlsparse.flow.flow import Endpoint, Flow, Milestone, Note, PathError
from tlsparse.flow.header import Habit, Header
from tlsparse.flow.streams import Segment, assemble
from tlsparse.handshake.handshake import Handshake, build_handshakes

BEGIN = 1_700_000_000_000_000_000
MILLISECOND = 1_000_000
ISN = 1 << 32

FLAGS = {"syn": 2, "syn_ack": 18, "fin": 17, "rst": 4}

CLIENT, SERVER = Endpoint("192.0.2.1", 50000), Endpoint("192.0.2.2", 443)


def unhex(text: str) -> bytes:
    return bytes.fromhex("".join(line.partition("#")[0] for line in text.splitlines()))


def record(kind: int, fragment: bytes, minor: int = 3) -> bytes:
    return bytes((kind, 3, minor)) + len(fragment).to_bytes(2, "big") + fragment


def message(kind: int, body: bytes) -> bytes:
    return bytes((kind,)) + len(body).to_bytes(3, "big") + body


RANDOM = "00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13 14 15 16 17 18 19 1a 1b 1c 1d 1e 1f"

RETRY = "cf 21 ad 74 e5 9a 61 11 be 1d 8c 02 1e 65 b8 91 c2 a2 11 16 7a bb 8c 5e 07 9e 09 e2 c8 a8 33 9c"


def client_hello(early: str = "") -> bytes:
    """A hello for server.test of a client that speaks TLS 1.2 and 1.3, and may announce early data."""
    extensions = unhex(f"""
        00 00 00 10  00 0e  00 00 0b 73 65 72 76 65 72 2e 74 65 73 74   # server_name: server.test
        00 2b 00 05  04 03 04 03 03                                     # supported_versions: TLS 1.3, 1.2
        {early}
    """)
    fixed = unhex(f"""
        03 03                           # legacy_version: TLS 1.2
        {RANDOM}
        00                              # session_id: empty
        00 06  13 01  c0 2f  00 02      # cipher_suites
        01 00                           # compression_methods: null
    """)
    return message(1, fixed + len(extensions).to_bytes(2, "big") + extensions)


def server_hello(suite: int, version: int = 0x0303, random: str = RANDOM) -> bytes:
    """An answer that picks a suite; TLS 1.3 is picked by its extension."""
    body = unhex(f"03 03 {random} 00") + suite.to_bytes(2, "big") + b"\x00"
    if version != 0x0303:
        body += unhex("00 06  00 2b 00 02") + version.to_bytes(2, "big")
    return message(2, body)


MESSAGES = {
    "hello_request": message(0, b""),
    "client_hello": client_hello(),
    "client_hello_early": client_hello("00 2a 00 00  # early_data: empty"),
    "server_hello": server_hello(0xC02F),  # ECDHE_RSA with AES-128-GCM
    "server_hello_null": server_hello(0x0002),  # RSA with NULL cipher, SHA-1
    "server_hello_sha256": server_hello(0x1301, 0x0304),
    "server_hello_sha384": server_hello(0x1302, 0x0304),
    "server_hello_ccm8": server_hello(0x1305, 0x0304),
    "server_hello_experiment": server_hello(0x1301, 0x7A12),
    "retry": server_hello(0x1301, 0x0304, RETRY),
    "certificate": message(11, unhex("00 00 06  00 00 03 30 01 00")),  # one, of three bytes
    "no_certificate": message(11, unhex("00 00 00")),
    "server_key_exchange": message(
        12,
        unhex(f"03 00 1d 20 {RANDOM}  04 01 00 02 aa bb"),  # x25519, signed
    ),
    "certificate_request": message(13, unhex("01 01  00 02 04 01  00 00")),
    "server_hello_done": message(14, b""),
    "certificate_verify": message(15, unhex("04 01 00 02 aa bb")),
    "client_key_exchange": message(16, unhex(f"20 {RANDOM}")),
    "new_session_ticket": message(4, unhex("00 00 0e 10  00 02 aa bb")),
    "plain_finished": message(20, bytes(12)),
}

ALERTS = {
    "close_notify": 0,
    "unexpected_message": 10,
    "bad_record_mac": 20,
    "handshake_failure": 40,
    "bad_certificate": 42,
    "unsupported_certificate": 43,
    "certificate_expired": 45,
    "certificate_unknown": 46,
    "illegal_parameter": 47,
    "unknown_ca": 48,
    "access_denied": 49,
    "decode_error": 50,
    "decrypt_error": 51,
    "protocol_version": 70,
    "insufficient_security": 71,
    "internal_error": 80,
    "user_canceled": 90,
    "no_renegotiation": 100,
    "unrecognized_name": 112,
}


def payload_of(word: str) -> bytes | None:
    """Return the bytes that a word of the script stands for; None if it is no word for bytes."""
    name, _, rest = word.partition(":")
    match name:
        case "ccs":
            return record(20, b"\x01")
        case "finished" | "hidden":
            return record(22, b"\xd5" * int(rest))
        case "data":
            return record(23, b"\xd5" * int(rest))
        case "alert" if rest.isdigit():
            return record(21, b"\xd5" * int(rest))
        case "alert":
            level, _, description = rest.partition(":")
            return record(21, bytes((1 + (level == "fatal"), ALERTS[description])))
        case "text":
            return rest.encode() + b"\r\n"
        case "hex":
            return bytes.fromhex(rest)
    return record(22, MESSAGES[name]) if name in MESSAGES else None


class Talk:
    """What a script comes to: segments and milestones of two sides, 0 for the client."""

    def __init__(self) -> None:
        self.packet = 0
        self.now = BEGIN
        self.last_ns = BEGIN
        self.first_ns: int | None = None
        self.sent = [0, 0]
        self.arrived = [0, 0]  # how much of a side's bytes the other has
        self.acknowledged: list[int | None] = [None, None]
        self.deaf = [False, False]
        self.segments: tuple[list[Segment], list[Segment]] = ([], [])
        self.last: list[tuple[int, bytes]] = [(0, b""), (0, b"")]
        self.milestones: list[Milestone] = []
        self.notes: tuple[list[Note], list[Note]] = ([], [])
        self.opened = [False, False]
        self.records = [0, 0]
        self.ttls: tuple[list[int], list[int]] = ([], [])
        self.packets = [0, 0]

    def line(self, words: list[str]) -> None:
        """Send one packet a millisecond after the last; seconds before it are so many more, or less."""
        if words and words[0][0] in "+-":
            self.now += round(float(words.pop(0)) * 1_000_000_000)
        if not words:
            return
        side = "CS".index(words[0])
        self.now += MILLISECOND
        values = {
            name: int(value)
            for name, _, value in (word.partition(":") for word in words[1:])
            if name in ("mtu", "ttl", "id", "ahead")
        }
        words = [word for word in words if word.partition(":")[0] not in values]
        if words[1:] and words[1].startswith("icmp_"):
            self.packet += 1
            said = PathError("192.0.2.254", values.get("mtu", 0), 1500)
            self.milestones.append(Milestone(self.packet, self.now, side, words[1], said))
            return
        what = set(words[1:]) & {"lost", "blackholed", "deaf", "again"}
        flags = [word for word in words[1:] if word in FLAGS]
        snaps = [int(word[5:]) for word in words[1:] if word.startswith("snap:")]
        bodies = [
            payload_of(word)
            for word in words[1:]
            if word not in what and word not in flags and not word.startswith("snap:")
        ]
        assert None not in bodies, words
        self.records[side] += sum(word.startswith("data:") for word in words)
        at, data = self.sent[side], b"".join(body for body in bodies if body is not None)
        if "again" in what:
            at, data = self.last[side]
        self.last[side] = at, data
        self.sent[side] = max(self.sent[side], at + len(data))
        self.deaf[side] |= "deaf" in what
        if "blackholed" not in what:
            self.arrived[side] = max(self.arrived[side], at + len(data))
        if "lost" not in what:
            self._capture(side, at, data, flags, min([len(data), *snaps]), values)

    def _capture(
        self,
        side: int,
        at: int,
        data: bytes,
        flags: list[str],
        captured: int,
        values: dict[str, int],
    ) -> None:
        self.packet += 1
        self.last_ns = self.now
        self.first_ns = self.now if self.first_ns is None else self.first_ns
        if not self.deaf[side] and flags not in (["syn"], ["rst"]):
            self.acknowledged[side] = self.arrived[1 - side]
        self.packets[side] += 1
        if not {"fin", "rst"} & set(flags):
            self.ttls[side].append(values.get("ttl", 64))
        for name in flags:
            body = None if name == "fin" else self._header(side, at, name, values)
            self.milestones.append(Milestone(self.packet, self.now, side, name, body))
            self.opened[side] |= name.startswith("syn")
        bits = 0
        for name in flags:
            bits |= FLAGS[name]
        self.segments[side].append(
            Segment(
                self.packet,
                self.now,
                bits,
                ISN + 1 + at,
                len(data),
                captured,
                0,
                data[:captured],
            )
        )

    def _header(self, side: int, at: int, name: str, values: dict[str, int]) -> Header:
        number = ISN + at + (not name.startswith("syn")) + values.get("ahead", 0)
        acknowledged = (ISN + 1 + self.arrived[1 - side]) & 0xFFFFFFFF
        tcp = struct.pack(
            ">HHIIBBHHH",
            *(50000, 443, number & 0xFFFFFFFF, acknowledged, 5 << 4, FLAGS[name], 65535, 0, 0),
        )
        return Header(values.get("ttl", 64), values.get("id", 0), tcp)

    def pass_by(self, side: int, length: int) -> None:
        """Note a record of application data that nobody keeps."""
        self.packet += 1
        self.now += MILLISECOND
        self.last_ns = self.now
        self.notes[side].append(Note(self.packet, self.now, length, 0x0303))

    def flow(self, *, swapped: bool = False) -> Flow:
        """Make the flow; `swapped` puts the server first, as where its address is the lower one."""
        streams = [
            assemble(segments, ISN if opened else None)
            for segments, opened in zip(self.segments, self.opened, strict=True)
        ]
        opener = next((m.side for m in self.milestones if m.name == "syn"), None)
        sides = (1, 0) if swapped else (0, 1)
        ends = (CLIENT, SERVER)
        return Flow(
            transport="tcp",
            number=0,
            endpoints=(ends[sides[0]], ends[sides[1]]),
            first_packet=1,
            start_ns=BEGIN if self.first_ns is None else self.first_ns,
            end_ns=self.last_ns,
            packets=self.packet,
            opener=None if opener is None else sides[opener],
            rtt_ns=None,
            streams=(streams[sides[0]], streams[sides[1]]),
            milestones=[m._replace(side=sides[m.side]) for m in self.milestones],
            notes=(self.notes[sides[0]], self.notes[sides[1]]),
            records=(self.records[sides[0]], self.records[sides[1]]),
            retransmissions=(0, 0),
            acknowledged=(self.acknowledged[sides[0]], self.acknowledged[sides[1]]),
            seen_until_ns=self.now,
            habits=(self._habit(sides[0]), self._habit(sides[1])),
        )

    def _habit(self, side: int) -> Habit:
        ttls = self.ttls[side] or [0]
        return Habit(self.packets[side], min(ttls), max(ttls))


def play(script: str) -> Talk:
    talk = Talk()
    for line in script.splitlines():
        talk.line(line.partition("#")[0].split())
    return talk


OPEN = """
    C syn
    S syn_ack
    C
"""


@pytest.fixture(scope="session")
def flow() -> Callable[..., Flow]:
    """Make the flow of a script; packets 1 to 3 open the connection unless told otherwise."""

    def make(script: str, *, opened: bool = True, swapped: bool = False) -> Flow:
        return play((OPEN if opened else "") + script).flow(swapped=swapped)

    return make


@pytest.fixture(scope="session")
def handshakes(flow: Callable[..., Flow]) -> Callable[..., list[Handshake]]:
    """Make all handshakes of a script."""
    return lambda script, **how: build_handshakes(flow(script, **how))


@pytest.fixture(scope="session")
def handshake(handshakes: Callable[..., list[Handshake]]) -> Callable[..., Handshake]:
    """Make the only handshake of a script."""

    def make(script: str, **how: bool) -> Handshake:
        (only,) = handshakes(script, **how)
        return only

    return make


@pytest.fixture(scope="session", name="play")
def play_fixture() -> Callable[[str], Talk]:
    return lambda script: play(OPEN + script)


@pytest.fixture(scope="session", name="record")
def record_fixture() -> Callable[..., bytes]:
    return record


@pytest.fixture(scope="session", name="message")
def message_fixture() -> Callable[..., bytes]:
    return message


TLS12 = """
    C client_hello
    S server_hello certificate server_key_exchange server_hello_done
    C client_key_exchange ccs finished:40
    S ccs finished:40
"""

TLS13 = """
    C client_hello
    S server_hello_sha256 ccs data:32 data:800 data:281 data:53
    C ccs data:53
"""


@pytest.fixture(scope="session")
def tls12() -> str:
    """A TLS 1.2 handshake, through: packets 4 to 7."""
    return TLS12


@pytest.fixture(scope="session")
def tls13() -> str:
    """A TLS 1.3 handshake, through: packets 4 to 6."""
    return TLS13

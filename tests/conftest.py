"""What every test may ask for: captures, commented hex, and a reason to be skipped."""

from __future__ import annotations

import shutil
import struct
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import settings

from tlsparse.flow.flow import Endpoint, Flow
from tlsparse.flow.streams import Stream
from tlsparse.handshake.event import Event, Line, Side
from tlsparse.handshake.handshake import Handshake
from tlsparse.handshake.outcome_datagrams import conclude_datagrams
from tlsparse.handshake.speech import Speech
from tlsparse.tls.codes import HandshakeType
from tlsparse.tls.context import Context
from tlsparse.tls.messages import decode_message

# Machines are shared, and how long an example takes says nothing.
settings.register_profile("tlsparse", deadline=None)
settings.load_profile("tlsparse")


ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def captures() -> Path:
    """The folder of captures that the manifest describes."""
    return ROOT / "captures"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of the larger collection of captures, which not every checkout has beside it."""
    if not SHARED.is_dir():
        pytest.skip("no larger collection of captures beside the checkout")
    return SHARED


@pytest.fixture(scope="session")
def wire() -> Callable[[str], bytes]:
    """Turn hex with comments into the bytes that a wire would carry."""

    def read_hex(text: str) -> bytes:
        return bytes.fromhex("".join(line.partition("#")[0] for line in text.splitlines()))

    return read_hex


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run the tests marked slow, too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what this machine cannot run, and say what it lacks."""
    lacking = {
        "tshark": None if shutil.which("tshark") else "tshark is not installed",
        "shared": None if SHARED.is_dir() else "no larger collection of captures",
        "browser": None if shutil.which("chromedriver") else "no headless Chromium and its driver",
        "slow": None if config.getoption("--slow") else "slow; run with --slow",
    }
    for item in items:
        for marker, reason in lacking.items():
            if reason and item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=reason))


# --- Handshakes over UDP, told event by event ------------------------------------------------------------------------

BEGIN_NS = 1_700_000_000_000_000_000
TRANSPORT = {"retransmission", "retry", "version_negotiation", "close", "gap"}
SERVER_HELLO_13 = (
    "fe fd" + 32 * "a0" + "00" + "13 01 00" + "00 06  00 2b 00 02 fe fc"
)  # supported_versions: DTLS 1.3


@pytest.fixture(scope="session")
def udp_handshake() -> Callable[..., Handshake]:
    """Make a handshake of DTLS or QUIC from a script.

    A line is a packet: ``C`` or ``S`` for who sends it, then its events. ``data`` and ``data:early_data`` are
    application data, ``alert:unknown_ca`` is a fatal alert, ``alert`` one that cannot be read; milestones are called by
    their names, and everything else is a message. ``+2.5`` lets so many seconds pass before a packet, or at the end.
    """

    def make(script: str, *, transport: str = "quic", heard: str = "CS") -> Handshake:
        events, now, last = [], BEGIN_NS, BEGIN_NS
        for packet, line in enumerate(filter(None, map(str.split, script.splitlines())), 1):
            if line[0].startswith("+"):
                now += round(float(line.pop(0)) * 1e9)
            if line:
                now += 1_000_000
                last = now
                sender = {"C": "client", "S": "server"}[line[0]]
                events += [event_of(word, sender, packet, now, len(events)) for word in line[1:]]
        flow = Flow(
            transport=transport,
            number=0,
            endpoints=(Endpoint("192.0.2.1", 50000), Endpoint("192.0.2.2", 443)),
            first_packet=1,
            start_ns=BEGIN_NS,
            end_ns=last,
            packets=len(events),
            opener=0,
            rtt_ns=None,
            streams=(Stream(), Stream()),
            milestones=[],
            notes=([], []),
            records=(0, 0),
            retransmissions=(0, 0),
            acknowledged=(None, None),
            seen_until_ns=now,
        )
        begins = [0 if side in heard else None for side in "CS"]
        speech = Speech(0, begins[0], begins[1])
        handshake = Handshake(flow, speech, Line(events), events)
        handshake.ending = conclude_datagrams(handshake)
        return handshake

    return make


def event_of(word: str, sender: Side, packet: int, now: int, place: int) -> Event:
    name, _, detail = word.partition(":")
    event = Event("message", name, sender, packet, now, 100, start=place)
    if name in TRANSPORT:
        event.kind, event.meaning = "transport", detail
    elif name == "data":
        event.kind, event.name, event.meaning, event.encrypted = (
            "data",
            "application_data",
            detail,
            True,
        )
    elif name == "alert":
        event.kind, event.name, event.encrypted = "alert", detail or "encrypted", not detail
        event.level = "fatal" if detail else ""
    elif name == "server_hello_13":
        event.name = "server_hello"
        event.body = decode_message(HandshakeType(2), bytes.fromhex(SERVER_HELLO_13), Context())
    event.encrypted |= event.name == "encrypted"
    return event


@pytest.fixture(scope="session")
def udp_capture() -> Callable[..., bytes]:
    """Write a pcap of UDP packets: for each a sender (0 client, 1 server), a payload, and optionally its millisecond.

    The client is 192.0.2.1:50000 and the server 192.0.2.2:4433, or `ports` says otherwise.
    """

    def write(
        datagrams: Iterable[tuple[int, bytes] | tuple[int, bytes, int]],
        ports: tuple[int, int] = (50000, 4433),
    ) -> bytes:
        parts = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 0, 101)]  # raw IP
        for count, (side, payload, *at) in enumerate(datagrams):
            second, millisecond = divmod(at[0] if at else count, 1000)
            udp = struct.pack(">HHHH", ports[side], ports[1 - side], 8 + len(payload), 0) + payload
            ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0)
            ip += bytes((192, 0, 2, 1 + side, 192, 0, 2, 2 - side))
            sizes = 2 * (len(ip) + len(udp),)
            parts.append(struct.pack("<IIII", 1_700_000_000 + second, millisecond * 1000, *sizes))
            parts.append(ip + udp)
        return b"".join(parts)

    return write


@pytest.fixture(scope="session")
def dtls_record() -> Callable[..., bytes]:
    """Write a DTLS record."""

    def write(content_type: int, fragment: bytes, sequence: int = 0, epoch: int = 0) -> bytes:
        header = bytes((content_type, 0xFE, 0xFD)) + epoch.to_bytes(2, "big")
        return header + sequence.to_bytes(6, "big") + len(fragment).to_bytes(2, "big") + fragment

    return write


@pytest.fixture(scope="session")
def dtls_message(dtls_record: Callable[..., bytes]) -> Callable[..., bytes]:
    """Write a handshake message of DTLS in one record."""

    def write(kind: int, number: int, body: bytes, sequence: int = 0) -> bytes:
        length = len(body).to_bytes(3, "big")
        header = bytes((kind,)) + length + number.to_bytes(2, "big") + bytes(3) + length
        return dtls_record(22, header + body, sequence)

    return write


@pytest.fixture(scope="session")
def dtls_hellos() -> tuple[bytes, bytes]:
    """The bodies of a ClientHello and a ServerHello of DTLS 1.2."""
    client = "fe fd" + 32 * "01" + "00 00  00 02 c0 2b  01 00"
    server = "fe fd" + 32 * "a0" + "00  c0 2b  00"
    return bytes.fromhex(client), bytes.fromhex(server)

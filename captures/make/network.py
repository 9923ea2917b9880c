"""Two hosts and the wire between them, all on this machine.

Client and server live in a network namespace each, so that they have an own TCP stack, addresses
and a real link. Both links end in this process, which carries the packets across::

    client namespace            this process               server namespace
    192.0.2.10  link0 ═════════════ Wire ═════════════ link0  192.0.2.80
    2001:db8::10    ║                 ║                       2001:db8::80
                 tcpdump           (monitor)

The wire takes its time, counts a few hops off each packet's time to live, and asks `middlebox`
about every packet, which may let it pass, swallow, repeat, hold back or forge: what a box on a
path can do. The addresses are those kept for documentation (RFC 5737, RFC 3849); nothing leaves
the machine, because the namespaces have no other link.
"""

from __future__ import annotations

import contextlib
import fcntl
import heapq
import itertools
import os
import select
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

CLIENT, SERVER = "192.0.2.10", "192.0.2.80"
SECOND_CLIENT, SECOND_SERVER = "192.0.2.11", "192.0.2.81"
CLIENT6, SERVER6 = "2001:db8::10", "2001:db8::80"
LINK = "link0"
ONE_WAY_SECONDS = 0.006
HOPS = 11
MONITOR = "tlsparse-mon"
VLAN = 42

Side = Literal["client", "server"]

# Given the sender and the packet (from its IP header), the packets to deliver: the delay to add,
# in seconds, and the bytes.
Middlebox = Callable[[Side, bytes], list[tuple[float, bytes]]]


class Returned(bytes):
    """A packet that a box on the way sends back to who sent the one at hand."""


def pass_all(_sender: Side, packet: bytes) -> list[tuple[float, bytes]]:
    """Deliver every packet as it is."""
    return [(0.0, packet)]


def payload_of(packet: bytes) -> bytes:
    """The TCP payload of an IPv4 packet, empty for any other."""
    if packet[0] >> 4 != 4 or packet[9] != 6:
        return b""
    transport = (packet[0] & 15) * 4
    return packet[transport + (packet[transport + 12] >> 4) * 4 :]


def checksum(data: bytes) -> bytes:
    """The Internet checksum (RFC 1071)."""
    data += bytes(len(data) % 2)
    total: int = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return (total ^ 0xFFFF).to_bytes(2, "big")


def with_payload(packet: bytes, payload: bytes) -> bytes:
    """A TCP packet over IPv4 with another payload of the same length, and a checksum to match."""
    start = (packet[0] & 15) * 4
    tcp = packet[start : len(packet) - len(payload)] + payload
    tcp = tcp[:16] + bytes(2) + tcp[18:]
    pseudo_header = packet[12:20] + struct.pack(">HH", 6, len(tcp))
    return packet[:start] + tcp[:16] + checksum(pseudo_header + tcp) + tcp[18:]


def forged_reset(packet: bytes) -> bytes:
    """A TCP reset over IPv4 in the name of the sender of `packet`, from some other machine.

    It betrays itself by another time to live and by an IP identification of zero.
    """
    addresses = packet[12:20]
    start = (packet[0] & 15) * 4
    ports_and_sequence = packet[start : start + 8]
    tcp = ports_and_sequence + struct.pack(">IBBHHH", 0, 5 << 4, 0x04, 0, 0, 0)
    pseudo_header = addresses + struct.pack(">HH", 6, len(tcp))
    tcp = tcp[:16] + checksum(pseudo_header + tcp) + tcp[18:]
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0, 128, 6, 0) + addresses
    return ip[:10] + checksum(ip) + ip[12:] + tcp


def reset_for(packet: bytes, *, ttl: int, identification: int, back: bool) -> bytes:
    """A TCP reset over IPv4 in answer to `packet`, from a box on its way.

    With `back` it goes to the sender, in the receiver's name, and acknowledges the packet, as one that has read it
    would; else it goes on to the receiver, in the sender's name.
    """
    start = (packet[0] & 15) * 4
    source, target = packet[12:16], packet[16:20]
    ports, sequence, acknowledgment = struct.unpack_from(">4sII", packet, start)
    sequence = (sequence + len(payload_of(packet))) & 0xFFFFFFFF
    if back:
        source, target, ports = target, source, ports[2:] + ports[:2]
        sequence, acknowledgment = acknowledgment, sequence
    tcp = ports + struct.pack(">IIBBHHH", sequence, acknowledgment, 5 << 4, 0x14, 0, 0, 0)
    tcp = tcp[:16] + checksum(source + target + struct.pack(">HH", 6, len(tcp)) + tcp) + tcp[18:]
    length = 20 + len(tcp)
    ip = struct.pack(">BBHHHBBH", 0x45, 0, length, identification, 0, ttl, 6, 0) + source + target
    made = ip[:10] + checksum(ip) + ip[12:] + tcp
    return Returned(made) if back else made


ROUTER = bytes((192, 0, 2, 1))


def icmp_error(packet: bytes, type: int, code: int, mtu: int = 0) -> Returned:
    """An ICMP error of a router at 192.0.2.1 about an IPv4 packet, on its way back (RFC 792, RFC 1191)."""
    quote = packet[: (packet[0] & 15) * 4 + 8]
    icmp = struct.pack(">BBHHH", type, code, 0, 0, mtu) + quote
    icmp = icmp[:2] + checksum(icmp) + icmp[4:]
    ip = (
        struct.pack(">BBHHHBBH", 0x45, 0xC0, 20 + len(icmp), 7, 0, 64, 1, 0)
        + ROUTER
        + packet[12:16]
    )
    return Returned(ip[:10] + checksum(ip) + ip[12:] + icmp)


class Network:
    """Two namespaces and a running wire; a context manager that takes all of it down again.

    Parameters
    ----------
    link
        ``tap`` for an Ethernet link, ``tun`` for one that carries bare IP packets.
    mtu
        Largest packet of both links, in bytes; a small one gives a small TCP segment size.
    middlebox
        What happens to packets on their way.
    second
        Give either side a second IPv4 address, as if it were two machines.
    monitor
        Copy every packet, tagged with VLAN 42, to one more link, as the monitor port of a switch.
    """

    def __init__(
        self,
        *,
        link: Literal["tap", "tun"] = "tap",
        mtu: int = 1500,
        middlebox: Middlebox = pass_all,
        second: bool = False,
        monitor: bool = False,
    ) -> None:
        self._header = 14 if link == "tap" else 0
        self._link, self._mtu, self._middlebox = link, mtu, middlebox
        self._second, self._with_monitor = second, monitor
        self._ends: dict[Side, int] = {}
        self._monitor: int | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._carry, daemon=True)

    def __enter__(self) -> Network:
        _tear_down()
        sides: tuple[Side, ...] = ("client", "server")
        for side in sides:
            _ip(f"netns add {namespace(side)}")
            self._ends[side] = _open_link(self._link, f"tlsp-{side}")
            _ip(f"link set tlsp-{side} netns {namespace(side)} name {LINK} mtu {self._mtu}")
            self._configure(side)
        if self._with_monitor:
            self._monitor = _open_link("tap", MONITOR)
            _sysctl_no_ipv6(MONITOR)
            _ip(f"link set {MONITOR} up")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        for end in [*self._ends.values(), *([self._monitor] if self._monitor else [])]:
            os.close(end)
        _tear_down()

    def _configure(self, side: Side) -> None:
        """Give one side its addresses and its neighbour, so that nobody has to ask for them."""
        at = f"-n {namespace(side)}"
        own, peer = (("10", "80") if side == "client" else ("80", "10"))  # fmt: skip
        _ip(f"{at} link set lo up")
        if self._link == "tap":
            _ip(f"{at} link set {LINK} address 02:00:00:00:00:{own}")
        _ip(f"{at} link set {LINK} up")
        _ip(f"{at} address add 192.0.2.{own}/24 dev {LINK}")
        if self._mtu >= 1280:  # the least that IPv6 accepts
            _ip(f"{at} address add 2001:db8::{own}/64 dev {LINK} nodad")
        if self._second:
            mine, other = sorted((SECOND_CLIENT, SECOND_SERVER), reverse=side == "server")
            _ip(f"{at} address add {mine}/24 dev {LINK}")
            _ip(f"{at} neighbour add {other} lladdr 02:00:00:00:00:{peer} dev {LINK} nud permanent")
        if self._link == "tap":
            for address in (f"192.0.2.{peer}", *([f"2001:db8::{peer}"] * (self._mtu >= 1280))):
                _ip(
                    f"{at} neighbour add {address} lladdr 02:00:00:00:00:{peer}"
                    f" dev {LINK} nud permanent"
                )

    def _carry(self) -> None:
        """Move packets from either end to the other until told to stop."""
        other: dict[Side, Side] = {"client": "server", "server": "client"}
        due: list[tuple[float, int, Side, bytes]] = []
        order = itertools.count()
        while not self._stop.is_set():
            wait = max(0.0, min(0.05, due[0][0] - time.monotonic())) if due else 0.05
            ready, _, _ = select.select(self._ends.values(), [], [], wait)
            for sender, end in self._ends.items():
                if end not in ready:
                    continue
                frame = os.read(end, 65535)
                link_header, packet = frame[: self._header], frame[self._header :]
                for delay, out in self._middlebox(sender, packet):
                    at = time.monotonic() + ONE_WAY_SECONDS + delay
                    if arriving := _hop(out):
                        receiver, head = other[sender], link_header
                        if isinstance(out, Returned):
                            receiver = sender
                            head = link_header[6:12] + link_header[:6] + link_header[12:]
                        heapq.heappush(due, (at, next(order), receiver, head + arriving))
                self._copy_to_monitor(link_header, packet)
            while due and due[0][0] <= time.monotonic():
                _, _, receiver, frame = heapq.heappop(due)
                os.write(self._ends[receiver], frame)

    def _copy_to_monitor(self, link_header: bytes, packet: bytes) -> None:
        if self._monitor is not None:
            tag = struct.pack(">HH", 0x8100, VLAN)
            os.write(self._monitor, link_header[:12] + tag + link_header[12:] + packet)


def namespace(side: Side) -> str:
    """The name of the network namespace of `side`."""
    return f"tlsparse-{side}"


def inside(side: Side) -> list[str]:
    """The start of a command line that runs the rest of it on `side`."""
    return ["ip", "netns", "exec", namespace(side)]


@contextlib.contextmanager
def host_names(names: dict[str, tuple[str, ...]]) -> Iterator[None]:
    """Let programs on either side resolve `names`, given by address."""
    text = "127.0.0.1 localhost\n" + "".join(
        f"{address} {' '.join(hosts)}\n" for address, hosts in names.items()
    )
    # `ip netns exec` mounts these over /etc/hosts.
    files = [Path("/etc/netns", namespace(side), "hosts") for side in ("client", "server")]
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    try:
        yield
    finally:
        for file in files:
            file.unlink()
            file.parent.rmdir()


def _hop(packet: bytes) -> bytes:
    """The packet after HOPS routers: time to live lowered, IPv4 checksum to match.

    Empty for a packet that does not live so long, or that no router forwards.
    """
    version = packet[0] >> 4
    if version == 6 and packet[7] > HOPS:
        return packet[:7] + bytes([packet[7] - HOPS]) + packet[8:]
    if version != 4 or packet[8] <= HOPS:
        return b""
    checksum = int.from_bytes(packet[10:12], "big") + (HOPS << 8)  # RFC 1624
    checksum = (checksum & 0xFFFF) + (checksum >> 16)
    lifetime_and_protocol = bytes([packet[8] - HOPS, packet[9]])
    return packet[:8] + lifetime_and_protocol + checksum.to_bytes(2, "big") + packet[12:]


def _open_link(kind: str, name: str) -> int:
    """Make a link whose far end is the file descriptor returned."""
    IFF_TUN, IFF_TAP, IFF_NO_PI, TUNSETIFF = 1, 2, 0x1000, 0x400454CA
    flags = (IFF_TAP if kind == "tap" else IFF_TUN) | IFF_NO_PI
    end = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(end, TUNSETIFF, struct.pack("16sH22x", name.encode(), flags))
    return end


def _sysctl_no_ipv6(link: str) -> None:
    Path(f"/proc/sys/net/ipv6/conf/{link}/disable_ipv6").write_text("1")


def _tear_down() -> None:
    for side in ("client", "server"):
        subprocess.run(["ip", "netns", "delete", f"tlsparse-{side}"], capture_output=True)


def _ip(arguments: str) -> None:
    subprocess.run(["ip", *arguments.split()], check=True)

"""Packets of one side vanish on the way."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from tlsparse.diagnosis.finding import Finding, Text, phrase_of, rule
from tlsparse.diagnosis.paragraph import paragraph
from tlsparse.handshake.event import OTHER, TOO_LARGE, Event, Side
from tlsparse.handshake.handshake import Handshake

TRIES = 2
"""Retransmissions after which loss by chance is ruled out: each waits longer than the one before."""

LARGE_BYTES = 1000
"""A packet that an MTU problem swallows is larger than this; smaller ones get through."""

TCP_HEADER, TIMESTAMPS = 20, 12
"""Bytes of a TCP header, and of the option that most connections have in every packet."""

HEADERS_BYTES = 40
"""Bytes of the headers of IPv4 and TCP, which have no packet without; IPv6 has more."""

ICMP_HEADER = 8
"""Bytes of an echo request before its payload, which is what `ping -s` counts."""


class Sizes(NamedTuple):
    """Sizes of the packets of one side, in bytes, their headers included."""

    lost: int  # of the largest that was sent again and again, or is missing
    times: int  # it was sent; 0 where the capture does not have it
    arrived: int  # of the largest that did arrive; 0 if none with data did
    allowed: int  # what the other side's SYN allows; 0 where it is not known
    ip_header: int


@rule
def flight_blackholed(handshake: Handshake) -> Iterator[Finding]:
    """One side sends the same bytes again and again, and they are never acknowledged.

    What it looks like
        Retransmissions of the ClientHello, or of the server's flight, without an acknowledgment; or, captured at the
        other end, a gap before a small last packet that did arrive. Perhaps ICMP "fragmentation needed", which the
        sender does not heed.

    What it means
        The network swallows these packets. Where small ones get through and large ones do not, the path has a smaller
        MTU than the sender believes, and the ICMP messages that would tell it are dropped or ignored. A ClientHello
        with a post-quantum key share is often the first large packet of a client. Where small ones vanish, too, a
        filter has looked into them, or the route broke.

    What to try
        Lower the MTU or clamp the MSS on the sender's side, and let ICMP "fragmentation needed" pass. Find the largest
        packet that gets through with ping -M do -s.
    """
    if handshake.outcome not in ("silent", "closed", "reset"):
        return
    if handshake.flow.transport != "tcp":
        return  # nothing is acknowledged there
    for sender in ("client", "server"):
        yield from _vanished(handshake, sender)


def _vanished(handshake: Handshake, sender: Side) -> Iterator[Finding]:
    repeats = [e for e in handshake.all("retransmission", sender) if e.length > 1]
    gaps = list(handshake.all("gap", sender))
    lost = handshake.unacknowledged(sender)
    told = _ignored_limit(handshake, sender, repeats)
    enough = len(repeats) >= TRIES or (repeats and told is not None)
    if not ((enough and lost) or (gaps and handshake.outcome == "silent")):
        return
    sizes = _sizes(handshake, sender, repeats, gaps)
    large = sizes.lost > LARGE_BYTES
    asks = 0 if gaps else _asks(handshake, OTHER[sender])
    words = next((e for e in handshake.all("message", sender)), None)
    tries = [handshake.segment(sender, e.start) for e in repeats]
    yield Finding(
        f"transport.blackhole.{'client_hello' if sender == 'client' else 'server_flight'}",
        confidence=_confidence(told, large, asks, min((e.length for e in repeats), default=0)),
        side="network",
        step=handshake.step,
        summary=paragraph(
            _what_vanishes(sender, sizes, lost, large),
            _what_arrives(sender, sizes) if large else None,
            _who_asks(sender, asks) if large else None,
            _who_says_so(sender, told),
            _why_so_large(handshake) if large and sender == "client" else None,
            _smaller_hello(handshake) if sender == "client" else None,
        ),
        fix=_fix(handshake, sender, sizes, told, large),
        evidence=tuple(e for e in (words, told, *tries, *repeats, *gaps) if e is not None),
    )


def _confidence(told: Event | None, large: bool, asks: int, smallest: int) -> float:
    """Weigh what speaks for a path that swallows packets, and whether for it being their size."""
    if told is not None:
        return 0.97
    if not large:
        return 0.7
    if asks:
        return 0.9
    return 0.6 if 0 < smallest <= LARGE_BYTES else 0.85  # small ones had no answer either


# --- What is known ---------------------------------------------------------------------------------------------------


def _ignored_limit(handshake: Handshake, sender: Side, repeats: list[Event]) -> Event | None:
    """Return the error by which a router told a side that its packets are too large, if it went on with such."""
    for told in handshake.all("transport", OTHER[sender]):
        if told.error is not None and told.name in TOO_LARGE:
            again = max((e.length for e in repeats if e.order > told.order), default=0)
            return told if again > told.error.mtu - HEADERS_BYTES else None
    return None


def _sizes(handshake: Handshake, sender: Side, repeats: list[Event], gaps: list[Event]) -> Sizes:
    opening = [handshake.first(name) for name in ("syn", "syn_ack")]
    headers = [e.header for e in opening if e is not None and e.header is not None]
    timestamps = len(headers) == 2 and all(header.has_timestamps for header in headers)
    ip_header = 40 if ":" in handshake.server.ip else 20
    overhead = ip_header + TCP_HEADER + TIMESTAMPS * timestamps
    answer = opening[sender == "client"]
    asked = answer.header.maximum_segment_size if answer and answer.header else None
    allowed = ip_header + TCP_HEADER + asked if asked else 0
    again = Counter((event.start, event.length) for event in repeats)
    if again:
        (_, length), times = max(again.items(), key=lambda item: (item[1], item[0][1]))
        lost, times = length + overhead, times + 1
    else:
        length, times = max(gap.length for gap in gaps), 0
        lost = min(length + overhead, allowed or length + overhead)
    arrived = _largest_arrived(handshake, sender, seen_there=bool(gaps))
    return Sizes(lost, times, arrived + overhead if arrived else 0, allowed, ip_header)


def _largest_arrived(handshake: Handshake, sender: Side, *, seen_there: bool) -> int:
    """Return the payload of a side's largest packet that arrived; `seen_there`, all that were captured did."""
    stream = handshake.stream(sender)
    acknowledged = stream.end if seen_there else stream.end - handshake.unacknowledged(sender)
    ends = sorted({*stream.starts, stream.end, *(gap.start for gap in stream.gaps)})
    pieces = (
        (start, ends[bisect_right(ends, start)]) for start in stream.starts if start < ends[-1]
    )
    return max((end - start for start, end in pieces if end <= acknowledged), default=0)


def _asks(handshake: Handshake, listener: Side) -> int:
    """Return how many packets of a side say nothing but that it still waits, the last one of the opening left aside."""
    return max(0, handshake.bare(listener) - (listener == "client"))


# --- In words --------------------------------------------------------------------------------------------------------


def _what_vanishes(sender: Side, sizes: Sizes, lost: int, large: bool) -> Text:
    values = {
        "sender": phrase_of(sender),
        "other": phrase_of(OTHER[sender]),
        "size": sizes.lost,
        "times": sizes.times,
        "lost": lost,
    }
    if not sizes.times:
        return Text(
            "Packets of the {sender} do not arrive at the {other}: one of up to {size} bytes is missing before those "
            "that came, and the {other}'s acknowledgment number stays {lost} bytes behind.",
            **values,
        )
    if large:
        return Text(
            "Large packets of the {sender} do not arrive at the {other}: one of {size} bytes was sent {times} times, "
            "and the {other}'s acknowledgment number stays {lost} bytes behind.",
            **values,
        )
    return Text(
        "Packets of the {sender} do not arrive at the {other}: one of {size} bytes was sent {times} times, and the "
        "{other}'s acknowledgment number stays {lost} bytes behind. It is not too large for any path.",
        **values,
    )


def _what_arrives(sender: Side, sizes: Sizes) -> Text | None:
    values = {
        "sender": phrase_of(sender),
        "arrived": sizes.arrived,
        "allowed": sizes.allowed,
        "other": phrase_of(OTHER[sender]),
    }
    if sizes.arrived and sizes.arrived < sizes.lost and sizes.allowed:
        return Text(
            "Those that arrived have {arrived} bytes at most; the {other}'s SYN allows packets of {allowed}.",
            **values,
        )
    if sizes.allowed:
        return Text("The {other}'s SYN allows packets of {allowed} bytes.", **values)
    return None


def _who_asks(sender: Side, asks: int) -> Text | None:
    if not asks:
        return None
    return Text(
        "Smaller ones do arrive: the {other} goes on to acknowledge what came before (times: {asks}).",
        other=phrase_of(OTHER[sender]),
        asks=asks,
    )


def _who_says_so(sender: Side, told: Event | None) -> Text | None:
    if told is None or told.error is None:
        return None
    values = {
        "router": told.error.router,
        "packet": told.packet,
        "sender": phrase_of(sender),
        "mtu": told.error.mtu,
        "size": told.error.length,
    }
    if told.error.mtu:
        return Text(
            "{router} told the {sender} that its next link takes {mtu} bytes at most (packet {packet}, about "
            "one of {size} bytes), and the {sender} did not heed it.",
            **values,
        )
    return Text(
        "{router} told the {sender} that its packet of {size} bytes is too large for the next link (packet {packet}), "
        "and the {sender} did not heed it.",
        **values,
    )


def _why_so_large(handshake: Handshake) -> Text | None:
    hello, asked = handshake.client_hello, handshake.first("client_hello")
    if hello is None or asked is None:
        return None
    share = hello.post_quantum_share
    if share is None:
        return None
    return Text(
        "The ClientHello has {length} bytes because of its post-quantum key share {group} ({share} bytes).",
        length=asked.length,
        group=share.group,
        share=len(share.key_exchange),
    )


def _smaller_hello(handshake: Handshake) -> Text | None:
    """Say that the same client got through with a smaller hello."""
    asked = handshake.first("client_hello")
    smaller = min(
        (p for p in handshake.precedents if p.client == handshake.client.ip),
        key=lambda precedent: precedent.asked.length,
        default=None,
    )
    if asked is None or smaller is None or smaller.asked.length >= asked.length:
        return None
    return Text(
        "A hello of {smaller} bytes from the same client got through (packet {packet}); this one has {length}.",
        smaller=smaller.asked.length,
        packet=smaller.asked.packet,
        length=asked.length,
    )


def _fix(handshake: Handshake, sender: Side, sizes: Sizes, told: Event | None, large: bool) -> Text:
    limit = told.error if told is not None else None
    peer = handshake.server if sender == "client" else handshake.client
    values = {
        "sender": phrase_of(sender),
        "ip": peer.ip,
        "other": phrase_of(OTHER[sender]),
        "size": sizes.lost - sizes.ip_header - ICMP_HEADER,
        "name": handshake.server_name or handshake.target,
    }
    if not large:
        return Text(
            "Capture on the {other} as well, to see where these packets vanish; look for a filter on the way that "
            "drops connections to {name}.",
            **values,
        )
    if limit is not None and limit.mtu:
        return Text(
            "Let the {sender} heed ICMP (a firewall on it may drop type 3 code 4, or type 2 of ICMPv6), or give it the "
            "smaller size: ip link set dev LINK mtu {mtu}; on a router that it goes through: iptables -t mangle -A "
            "FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu",
            mtu=limit.mtu,
            **values,
        )
    return Text(
        "On the {sender}, find the largest packet that gets through: ping -M do -s {size} {ip}, and smaller. Then "
        "lower its MTU (ip link set dev LINK mtu BYTES), or clamp the MSS on the router before the narrow link "
        "(iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu), and let ICMP "
        '"fragmentation needed" pass.',
        **values,
    )

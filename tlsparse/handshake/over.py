"""Is a handshake over, while its connection may go on?

A capture that is read to its end answers by ending. In one that has no end a handshake is told as soon as nothing can
change what is to be said of it, or nothing that happens in practice:

- one that was completed, when whoever did not like it would have left (see `outcome.HESITATION_NS`);
- one that an alert, a FIN or a RST ended, when the stragglers are in;
- one in which a side owes an answer, when that is overdue by far. Here the risk is to call silent what is only slow,
  so the patience is longer than that of a judgement after the fact.
"""

from __future__ import annotations

from tlsparse.handshake.handshake import Handshake
from tlsparse.handshake.order import is_tls13
from tlsparse.handshake.outcome import HESITATION_NS

MARGIN_NS = 100_000_000
"""Between the last moment of a refusal and its packet in the capture."""

STRAGGLERS_NS = 500_000_000
"""After a connection was closed by both sides, or reset, its last packets are in."""

HINDSIGHT_NS = 2_000_000_000
"""After a failure the client may try again in another way; that this succeeds tells why it failed before. And where one
side only has said that it ends, the other may still say why."""

OVERDUE_NS = 10_000_000_000
"""After so long nobody answers any more. The time-outs of clients end between 2 and 60 seconds, most at 5 or 10."""


def is_over(handshake: Handshake, now_ns: int, *, closed: bool, is_last: bool = True) -> bool:
    """Tell whether a handshake is over.

    Parameters
    ----------
    handshake
        As far as it has come.
    now_ns
        The time to which the capture has got: nanoseconds since 1970 UTC.
    closed
        Whether both sides have closed the connection, or one has reset it.
    is_last
        Whether no other handshake follows on the connection.
    """
    if not is_last:
        return True
    last_ns = max((event.time_ns for event in handshake.events), default=handshake.flow.end_ns)
    ending = handshake.ending
    if closed:
        fine = ending.outcome in ("completed", "cut")
        return now_ns - last_ns > (STRAGGLERS_NS if fine else HINDSIGHT_NS)
    if ending.outcome == "completed" and ending.time_ns is not None and _is_confirmed(handshake):
        wait_ns = HESITATION_NS + (handshake.flow.rtt_ns or 0) + MARGIN_NS
        return now_ns - ending.time_ns > wait_ns
    if ending.decisive is not None and ending.outcome not in ("completed", "cut"):
        return now_ns - last_ns > HINDSIGHT_NS
    return now_ns - _waiting_since_ns(handshake) > OVERDUE_NS


def _is_confirmed(handshake: Handshake) -> bool:
    """Tell whether a handshake that the client completed got through to the server.

    Over UDP its Finished may be lost, which is the last word in TLS 1.3; before, the server's own is, or follows.
    """
    through = handshake.ending.decisive
    if handshake.flow.transport == "tcp" or through is None or not is_tls13(handshake.version):
        return True
    return any(e.sender == "server" and e.order > through.order for e in handshake.events)


def _waiting_since_ns(handshake: Handshake) -> int:
    """Return when the last word was said; the first packet counts where there was none."""
    words = [event.time_ns for event in handshake.events if event.kind != "transport"]
    if words:
        return max(words)
    heard = any(stream.end for stream in handshake.flow.streams)
    return handshake.flow.end_ns if heard else handshake.flow.start_ns

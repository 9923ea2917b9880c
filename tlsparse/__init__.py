"""tlsparse: a packet capture goes in; tables, pictures and the reasons of failed TLS handshakes come out.

    import tlsparse

    capture = tlsparse.read("incident.pcapng")   # pcap or pcapng, compressed or not
    capture                                      # a short table of its handshakes
    capture.handshakes                           # one row each, as a DataFrame; there are eleven more tables
    capture.patterns                             # what many of them have in common
    tlsparse.diagnose(capture.handshake(3))      # why it failed
    tlsparse.plot.ladder(capture.handshake(3))   # what happened, message by message
    tlsparse.stream(sys.stdin.buffer)            # the handshakes of a source that does not end, one by one

The package is a pipeline, and each room a layer of it, named for what it understands:

    pcap        where is each packet?                       -> Block
    net         who sent it, and where is its payload?      -> Packets
    flow        which conversation, in which order?         -> Flow, Stream
    tls         what do the bytes say?                      -> Record, messages
    dtls, quic  how do other carriers bring them?           -> Association, Connection
    prelude     what was said before TLS?                   -> Prelude
    trust       would a client believe the chain?           -> ChainVerdict
    handshake   what happened, when, to what end?           -> Handshake, Event
    frames      the same, as tables                         -> DataFrame
    diagnosis   why did it fail, and what mends it?         -> Finding, Pattern
    plot        show me                                     -> Axes
    reading     all this in turn, for one source            -> conversations
    sharing     the same, by several processes              -> what each made of its share
    capture     a source with an end, as a whole            -> Capture
    streaming   a source without one, handshake by handshake
    output      the diagnosis as text, JSON and tables      -> lines
    manual      the pages of causes                         -> text, Markdown
    telling     handshakes printed as they end
    cli         the command

A room imports only rooms above it in this list. Below all of them lie `compiled`, which runs loops over `columns` as
machine code, `ahead` (a second thread), `processes` (others that share the work), `collector` (garbage, not now),
`language` (sentences in other languages), `terminal` (text that is safe to print) and `progress` (a bar). Trouble is
of three kinds: a caller's mistake is an exception of `errors`, bytes that cannot be read are rows of
`Capture.problems`, and a handshake that failed is what we came for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tlsparse import plot
    from tlsparse.capture import Capture, read
    from tlsparse.diagnosis import diagnose
    from tlsparse.streaming import stream

__version__ = "0.1.0"

__all__ = ["Capture", "diagnose", "plot", "read", "stream"]

_HOMES = {
    "Capture": "tlsparse.capture",
    "read": "tlsparse.capture",
    "diagnose": "tlsparse.diagnosis",
    "stream": "tlsparse.streaming",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for, so that ``import tlsparse`` costs next to nothing."""
    if name == "plot":
        return import_module("tlsparse.plot")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'tlsparse' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])

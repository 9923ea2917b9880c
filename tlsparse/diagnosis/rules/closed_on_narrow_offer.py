"""A client that offers little met a server that closed without an alert."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tlsparse.diagnosis.chains import check_command
from tlsparse.diagnosis.finding import Finding, Text, rule
from tlsparse.handshake.event import Event
from tlsparse.handshake.handshake import Handshake
from tlsparse.handshake.offer import (
    CIPHER_SUITE,
    GROUP,
    SIGNATURE_SCHEME,
    is_narrow,
    named,
    real,
    suspects,
)
from tlsparse.tls.codes import Code

if TYPE_CHECKING:
    from tlsparse.tls.hello import ClientHello

LISTS = {
    CIPHER_SUITE: "negotiation.cipher_suite",
    GROUP: "negotiation.group",
    SIGNATURE_SCHEME: "negotiation.signature_scheme",
}
"""The cause for each list of an offer."""

VERSION, LIST = 0.45, 0.4
"""Less than that the server has another reason, or that something before it closed."""


@rule
def closed_on_narrow_offer(handshake: Handshake) -> Iterator[Finding]:
    """The server closed in place of its ServerHello, and the client offers a single version, or a short list.

    What it looks like
        A ClientHello with one version, or with a list that somebody has cut short; then a FIN or RST of the server and
        no alert.

    What it means
        The server may have nothing of what is offered. It should say so with an alert; servers on Python's asyncio
        close before it is sent, and some old ones never send one.

    What to try
        A client that offers more.
    """
    close, hello = handshake.ending.decisive, handshake.client_hello
    if (
        handshake.outcome not in ("closed", "reset")
        or handshake.step != "client_hello"
        or close is None
        or close.sender != "server"
        or hello is None
        or handshake.order
    ):
        return
    versions = [version for version in hello.versions if not version.is_grease]
    if len(versions) == 1:
        yield _finding(handshake, close, "negotiation.version", versions, VERSION)
    if is_narrow(handshake):
        found = suspects(handshake)
        kind = max(found, key=found.__getitem__)
        yield _finding(handshake, close, LISTS[kind], _listed(hello, kind), LIST)


def _listed(hello: ClientHello, kind: str) -> tuple[Code, ...]:
    """Return what of a kind a client offers."""
    lists: dict[str, tuple[Code, ...]] = {
        CIPHER_SUITE: hello.cipher_suites,
        GROUP: hello.groups,
        SIGNATURE_SCHEME: hello.signature_schemes,
    }
    return real(lists[kind])


def _finding(
    handshake: Handshake, close: Event, cause: str, offered: Sequence[Code], sure: float
) -> Finding:
    asked = handshake.first("client_hello")
    return Finding(
        cause,
        confidence=sure,
        side="server",
        step=handshake.step,
        summary=Text(
            "The server closed the connection (packet {packet}) in place of a ServerHello. The client offers only "
            "{offered}: a server that has nothing of it should say so with an alert, and some only close.",
            packet=close.packet,
            offered=named(tuple(offered)),
        ),
        fix=Text(
            "Try with a client that offers more, and see whether the server goes on: {look}",
            look=check_command(handshake),
        ),
        evidence=tuple(event for event in (asked, close) if event is not None),
    )

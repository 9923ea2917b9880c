"""The pre-shared key, or its name, differs on the two sides."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.finding import Finding, Text, rule
from tlsparse.handshake.event import Event
from tlsparse.handshake.handshake import Handshake
from tlsparse.tls.codes import TLS_1_3

BINDER = {
    "illegal_parameter": 0.9,
    "decrypt_error": 0.9,
    "unknown_psk_identity": 0.97,
    "handshake_failure": 0.9,
    "bad_record_mac": 0.7,
}
"""Alerts by which a server of TLS 1.3 refuses a key; the binder of a wrong one does not fit."""

FINISHED = ("bad_record_mac", "decrypt_error", "unknown_psk_identity", "illegal_parameter")
"""Alerts up to TLS 1.2, where a wrong key shows only when the first encrypted message cannot be read."""

TICKET_BYTES = 80
"""Tickets are longer than this; names that somebody gave to a key are shorter."""


@rule
def psk_mismatch(handshake: Handshake) -> Iterator[Finding]:
    """A handshake with a pre-shared key that fails for the key.

    What it looks like
        TLS 1.2: a PSK suite, the client's Finished, then bad_record_mac or decrypt_error from the server. TLS 1.3:
        pre_shared_key with a short name in the ClientHello, then illegal_parameter, decrypt_error or handshake_failure.

    What it means
        The two have different keys under one name, or the server does not know the name. Servers do not tell which, so
        that names cannot be guessed; unknown_psk_identity is hardly ever sent.

    What to try
        Compare name and key on both sides, byte for byte: hexadecimal against text is the usual mistake.
    """
    alert = handshake.refusal
    if alert is None or alert.sender != "server":
        return
    found = _of_tls13(handshake, alert) or _of_tls12(handshake, alert)
    if found is None:
        return
    confidence, identity, carrier = found
    yield Finding(
        "negotiation.psk",
        confidence=confidence,
        side="client",
        step=handshake.step,
        summary=Text(
            "The client uses the pre-shared key named {identity} (packet {sent}), and {server} refused it with "
            "{alert} "
            "(packet {packet}): the name is unknown there, or the key is another.",
            identity=identity.decode("utf-8", "backslashreplace"),
            sent=carrier.packet,
            server=handshake.target,
            alert=alert.name,
            packet=alert.packet,
        ),
        fix=Text(
            "Compare the key {identity} on the client and on {server}, byte for byte (openssl: -psk_identity, -psk in"
            " "
            "hexadecimal; GnuTLS: psktool).",
            identity=identity.decode("utf-8", "backslashreplace"),
            server=handshake.target,
        ),
        evidence=(carrier, alert),
    )


def _of_tls13(handshake: Handshake, alert: Event) -> tuple[float, bytes, Event] | None:
    hello, asked = handshake.client_hello, handshake.first("client_hello")
    if hello is None or asked is None or handshake.step != "client_hello":
        return None
    short = [name for name in hello.psk_identities if len(name) < TICKET_BYTES]
    if not short or TLS_1_3 not in hello.versions or alert.name not in BINDER:
        return None
    return BINDER[alert.name], short[0], asked


def _of_tls12(handshake: Handshake, alert: Event) -> tuple[float, bytes, Event] | None:
    exchange = handshake.first("client_key_exchange")
    identity = getattr(exchange.body, "psk_identity", None) if exchange is not None else None
    if exchange is None or identity is None or alert.name not in FINISHED:
        return None
    return 0.92, identity, exchange

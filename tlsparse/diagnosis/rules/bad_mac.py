"""What was received is not what was sent."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.finding import Finding, Phrase, Text, phrase_of, rule
from tlsparse.handshake.event import Event
from tlsparse.handshake.handshake import Handshake
from tlsparse.handshake.outcome import answer_to_unread, finished_alone


@rule
def bad_mac(handshake: Handshake) -> Iterator[Finding]:
    """A check of integrity failed: of a record, of Finished, or of the signature over the key exchange.

    What it looks like
        bad_record_mac, or decrypt_error at the key exchange or Finished; unexpected_message (Go) and handshake_failure
        (Java) right after a signed ServerKeyExchange. In TLS 1.3: an alert of the server right after a Finished with
        which no certificate of the client came; or an encrypted alert of the client that the server answers with
        another, since it could not read it.

    What it means
        Bytes changed on the way, or the two sides do not see the same handshake: a faulty box, driver or offload, or a
        stack that computes wrongly. The answer to an alert that the other side could not read looks the same, and is
        no cause.

    What to try
        Capture on both sides and compare; switch offloading and inspection off.
    """
    alert = handshake.refusal
    if alert is None or _uses_shared_key(handshake):
        return
    confidence = _confidence(handshake, alert)
    if not confidence:
        return
    refused = next(
        (
            e
            for e in reversed(handshake.events)
            if e.kind == "message" and e.order < alert.order and e.sender != alert.sender
        ),
        None,
    )
    echo = answer_to_unread(handshake, alert)
    if echo is not None:
        said = (
            "The client ended the handshake with an encrypted alert (packet {packet}), and the server could not read "
            "it: it answered with an alert of its own (packet {echo}). The two have different keys, so they did not "
            "see the same hellos, or records were changed on the way."
        )
    else:
        said = (
            "The {who} could not verify what it received (packet {refused}): it ended the handshake with {alert} "
            "(packet {packet})."
        )
    yield Finding(
        "integrity.bad_mac",
        confidence=confidence,
        side="network",
        step=handshake.step,
        summary=Text(
            said,
            echo=echo.packet if echo else None,
            who=phrase_of(alert.sender),
            refused=refused.packet if refused else None,
            alert=Phrase("an encrypted alert") if alert.encrypted else alert.name,
            packet=alert.packet,
        ),
        fix=Text(
            "Capture at the client and at {server} and compare the bytes; switch TCP offloading and inspecting boxes "
            "off "
            "one by one, and update the TLS library of the side whose Finished or signature is wrong.",
            server=handshake.target,
        ),
        evidence=tuple(e for e in (refused, alert, echo) if e is not None),
    )


def _confidence(handshake: Handshake, alert: Event) -> float:
    """Say how probable it is that an alert is about integrity; 0 if nothing speaks for it."""
    signed = handshake.first("server_key_exchange", "server")
    if alert.encrypted and alert.sender == "client":
        return (
            0.85 if handshake.step == "server_hello" and answer_to_unread(handshake, alert) else 0.0
        )
    if alert.encrypted:
        return 0.75 if handshake.step == "finished" and _is_alone(handshake, alert) else 0.0
    if alert.name == "bad_record_mac":
        return 0.9
    if alert.name == "decrypt_error":
        return 0.9 if handshake.step in ("key_exchange", "finished") else 0.0
    if handshake.step != "key_exchange" or alert.sender != "client" or signed is None:
        return 0.0
    if getattr(signed.body, "dh_bits", None) is not None:
        return 0.0
    return {"unexpected_message": 0.85, "handshake_failure": 0.6}.get(alert.name, 0.0)


def _is_alone(handshake: Handshake, alert: Event) -> bool:
    """Tell whether a server of TLS 1.3 refuses a Finished that came alone: no certificate can be the reason."""
    said = [e for e in handshake.all("message", "client") if e.order < alert.order]
    return alert.sender == "server" and finished_alone(said)


def _uses_shared_key(handshake: Handshake) -> bool:
    """Tell whether the handshake has a pre-shared key, whose mismatch looks the same."""
    exchange = handshake.first("client_key_exchange")
    return getattr(exchange and exchange.body, "psk_identity", None) is not None

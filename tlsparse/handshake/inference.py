"""What encrypted records of TLS 1.3 are, by their length and place.

A record's length is that of its content, one byte for the true type, the tag of the cipher, and padding, which only
Java adds (16 bytes to every record, measured with Java 11 to 17). So two kinds stand out: an alert, whose two bytes are
shorter than any handshake message, and a Finished, whose length follows from the hash.

Nothing read here is certain in the way of decoded bytes; the events that are concluded say so (`inferred`).

Source: RFC 9846 sections 5.2 (record layout), 6 (alerts) and 4.4.4 (Finished).
"""

from __future__ import annotations

from tlsparse.handshake.event import Event
from tlsparse.tls.codes import CipherSuite

JAVA_PADDING = 16

ALERT_BYTES = 2

CLIENT_FLIGHT = 6
"""A client's last flight has at most EndOfEarlyData, Certificate, CertificateVerify and Finished, some of them
split."""


def infer(client: list[Event], server: list[Event], cipher_suite: CipherSuite | None) -> None:
    """Tell handshake messages and alerts among the encrypted records of both sides, in place."""
    overhead = 1 + tag_bytes(cipher_suite)
    hello = next((e for e in server if e.name == "server_hello"), None)
    if hello is None:
        return
    sent = [e for e in client if e.kind == "data" and e.packet >= hello.packet]
    answered = [e for e in server if e.kind == "data"]
    finished, padding = _client_finished(sent, cipher_suite, overhead)
    for event in sent[: finished + 1]:
        event.kind, event.name = "message", "encrypted"
    if finished >= 0:
        sent[finished].meaning = "finished"
    until = sent[finished].packet if finished >= 0 else None
    for event in answered:
        if until is None or event.packet < until:
            event.kind, event.name = "message", "encrypted"
    _alerts(sent, ALERT_BYTES + overhead, (padding,) if finished >= 0 else (0, JAVA_PADDING))
    _alerts(answered, ALERT_BYTES + overhead, (0, JAVA_PADDING))


def tag_bytes(cipher_suite: CipherSuite | None) -> int:
    """Return the length of the authentication tag that a suite of TLS 1.3 adds."""
    return 8 if cipher_suite is not None and cipher_suite.name.endswith("CCM_8_SHA256") else 16


def hash_bytes(cipher_suite: CipherSuite | None) -> tuple[int, ...]:
    """Return the length of a suite's hash; of either one where the suite is not known."""
    if cipher_suite is None:
        return 32, 48
    return (48,) if cipher_suite.name.endswith("SHA384") else (32,)


def _client_finished(
    sent: list[Event], cipher_suite: CipherSuite | None, overhead: int
) -> tuple[int, int]:
    """Return which of the client's records holds its Finished, -1 if none does, and how it pads."""
    paddings = {
        4 + size + overhead + padding: padding
        for padding in (JAVA_PADDING, 0)
        for size in hash_bytes(cipher_suite)
    }
    for place, event in enumerate(sent[:CLIENT_FLIGHT]):
        if event.length in paddings:
            return place, paddings[event.length]
    # A stack that puts its whole flight into one record (NSS): Finished is the end of the first one.
    coalesced = bool(sent) and sent[0].length > ALERT_BYTES + overhead + JAVA_PADDING
    return (0 if coalesced else -1), 0


def _alerts(events: list[Event], shortest: int, paddings: tuple[int, ...]) -> None:
    """Find alerts: records too short to be handshake messages, or as short as that and the last of their side."""
    for event in reversed(events):
        if event.length - shortest not in paddings:
            break
        _turn_into_alert(event)
    for event in events:
        if event.kind == "message" and event.length == shortest:
            _turn_into_alert(event)


def _turn_into_alert(event: Event) -> None:
    event.kind, event.name = "alert", "encrypted"
    event.encrypted = event.inferred = True
    event.meaning = ""

"""Captures without any TLS, DTLS or QUIC: none may be found in them."""

from __future__ import annotations

import pytest

import tlsparse


@pytest.mark.slow
@pytest.mark.shared
def test_no_capture_without_tls_gives_a_message_or_a_handshake_that_ended(shared):
    found = []
    for path in sorted((shared / "corpus" / "nothing").rglob("*.[pc]*ap*")):
        contents = tlsparse.read(path).contents
        found += [
            f"{path.name}: {handshake.outcome}"
            for _, handshake in contents.each()
            if handshake.outcome in ("completed", "alerted")
            or any(event.kind == "message" for event in handshake.events)
        ]

    assert [] == found

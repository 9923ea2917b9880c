from __future__ import annotations

from tlsparse.diagnosis.judge import diagnose


def test_offer_that_no_client_takes_is_a_version_mismatch(udp_handshake):
    (finding,) = diagnose(udp_handshake("C client_hello\n S version_negotiation:QUIC_v2"))

    assert "negotiation.version" == finding.cause
    assert "QUIC_v2" in str(finding.summary)


def test_near_miss_a_client_that_begins_again_took_the_offer(udp_handshake):
    script = "C client_hello\n S version_negotiation\n C client_hello\n S server_hello_13 encrypted"

    assert [] == diagnose(udp_handshake(script))

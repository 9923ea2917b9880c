from __future__ import annotations

from tlsparse.diagnosis.rules.alpn_mismatch import alpn_mismatch


def test_protocols_that_the_server_does_not_have_are_found(findings, hello, alert):
    (finding,) = findings(f"C {hello(alpn=('h2', 'grpc'))}\n S {alert(120)}")

    assert ("negotiation.alpn", "client_hello", (4, 5)) == (
        finding.cause,
        finding.step,
        finding.packets,
    )
    assert "h2, grpc" in str(finding.summary)


def test_an_encrypted_alert_in_place_of_encrypted_extensions_is_go_refusing_them(
    findings, hello, answer
):
    server = f"S {answer(0x1301, version=0x0304)} ccs data:19 fin"
    (finding,) = findings(f"C {hello(alpn=('h2',))}\n {server}")

    assert "negotiation.alpn" == finding.cause
    assert 0.8 > finding.confidence
    assert [] == findings(f"C {hello()}\n {server}")  # who offers nothing cannot miss anything


def test_another_alert_is_no_matter_of_protocols(findings, hello, alert):
    assert [] == findings(f"C {hello(alpn=('h2',))}\n S {alert(40)}")


def test_a_reason_phrase_of_quic_that_speaks_of_alpn_is_believed_and_quoted(handshake):
    """Some close with the number of handshake_failure."""
    refused = handshake("C client_hello\n S alert:fatal:handshake_failure")
    assert [] == list(alpn_mismatch(refused))

    refused.refusal.meaning = "No common ALPN protocols"
    (finding,) = alpn_mismatch(refused)

    assert "negotiation.alpn" == finding.cause
    assert str(finding.summary).endswith("It gives the reason: No common ALPN protocols.")

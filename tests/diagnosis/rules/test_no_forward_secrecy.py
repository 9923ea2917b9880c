from __future__ import annotations

import pytest


def test_a_key_exchange_with_the_servers_own_key_is_noted(findings):
    (finding,) = findings(capture="tls12_rsa.pcap")

    assert ("weak.forward_secrecy", "note") == (finding.cause, finding.severity)
    assert "TLS_RSA_WITH_AES_128_CBC_SHA256" in str(finding.summary)


@pytest.mark.parametrize("capture", ["tls12_ecdhe", "tls12_dhe", "tls13", "resumed_psk", "tls10"])
def test_ephemeral_keys_are_fine(findings, capture):
    assert [] == findings(capture=f"{capture}.pcap")


def test_an_anonymous_exchange_has_ephemeral_keys(findings, hello, answer):
    assert [] == findings(f"C {hello()}\n S {answer(0x0034)}")

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    "capture, cause, word",
    [
        ("weak_dh_accepted", "negotiation.weak_dh", "1024 bits"),
        ("sha1_signature", "weak.signature", "rsa_pkcs1_sha1"),
    ],
)
def test_a_weak_key_exchange_that_was_taken_is_warned_of(findings, capture, cause, word):
    (finding,) = findings(capture=f"{capture}.pcap")

    assert (cause, "warning", "server") == (finding.cause, finding.severity, finding.side)
    assert word in str(finding.summary)


@pytest.mark.parametrize("capture", ["tls12_dhe", "tls12_ecdhe", "tls12_rsa", "tls13"])
def test_sound_key_exchanges_are_fine(findings, capture):
    assert [] == findings(capture=f"{capture}.pcap")

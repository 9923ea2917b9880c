from __future__ import annotations

import pytest

from tlsparse.diagnosis.rules.weak_cipher_suite import fault_of
from tlsparse.tls.codes import CipherSuite


def test_a_suite_that_does_not_encrypt_is_warned_of(findings):
    (finding,) = findings(capture="sha1_signature.pcap")

    assert ("weak.cipher_suite", "warning") == (finding.cause, finding.severity)
    assert "does not encrypt" in str(finding.summary)


@pytest.mark.parametrize(
    "code, word",
    [
        (0x0034, "nobody shows a certificate"),  # DH_anon_WITH_AES_128_CBC_SHA
        (0x0002, "does not encrypt"),  # RSA_WITH_NULL_SHA
        (0x0003, "so short"),  # RSA_EXPORT_WITH_RC4_40_MD5
        (0x0009, "so short"),  # RSA_WITH_DES_CBC_SHA
        (0x0005, "RC4"),  # RSA_WITH_RC4_128_SHA
        (0x000A, "3DES"),  # RSA_WITH_3DES_EDE_CBC_SHA
    ],
)
def test_each_kind_of_weakness_is_named(code, word):
    assert word in fault_of(CipherSuite(code))


@pytest.mark.parametrize("code", [0x1301, 0xC02F, 0x002F, 0xCCA8, 0xC0AE])
def test_sound_suites_are_not_warned_of(code):
    assert "" == fault_of(CipherSuite(code))


@pytest.mark.parametrize("capture", ["tls12_ecdhe", "tls13", "tls12_rsa"])
def test_nothing_is_said_of_sound_handshakes(findings, capture):
    assert [] == findings(capture=f"{capture}.pcap")

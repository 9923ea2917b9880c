from __future__ import annotations

import pytest

import tlsparse


@pytest.mark.parametrize(
    "capture, version", [("ssl30", "SSL 3.0"), ("tls10", "TLS 1.0"), ("tls11", "TLS 1.1")]
)
def test_a_version_before_tls12_is_warned_of(findings, capture, version):
    (finding,) = findings(capture=f"{capture}.pcap")

    assert ("weak.version", "warning", "client") == (
        finding.cause,
        finding.severity,
        finding.side,
    )
    assert version in str(finding.summary)


REST = """
    S certificate server_key_exchange server_hello_done
    C client_key_exchange ccs finished:40
    S ccs finished:40
    C data:100
    S data:300
"""


def test_a_client_that_offers_more_is_not_to_blame(findings, hello, answer):
    (finding,) = findings(f"C {hello()}\n S {answer(0xC013, version=0x0301)}\n {REST}")

    assert "server" == finding.side


@pytest.mark.parametrize("capture", ["tls12_ecdhe", "tls13", "dtls12"])
def test_tls12_and_newer_is_fine(findings, capture):
    assert [] == findings(capture=f"{capture}.pcap")


def test_a_client_of_dtls_is_told_to_offer_newer_dtls(captures):
    data = (captures / "dtls12.pcap").read_bytes().replace(b"\xfe\xfd", b"\xfe\xff")
    capture = tlsparse.read(data)

    (fix,) = capture.findings.query("cause == 'weak.version'").fix
    assert "offers DTLS 1.2." in fix

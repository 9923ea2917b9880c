from __future__ import annotations

import pytest


def test_a_server_without_secure_renegotiation_is_warned_of(findings):
    (finding,) = findings(capture="legacy_renegotiation_accepted.pcap")

    assert ("weak.renegotiation", "warning", "server") == (
        finding.cause,
        finding.severity,
        finding.side,
    )


def test_compression_is_warned_of(findings, hello, answer):
    compressing = answer().replace("c02f00", "c02f01")  # DEFLATE, after the suite
    (finding,) = findings(f"C {hello()}\n S {compressing}")

    assert ("weak.compression", "warning") == (finding.cause, finding.severity)


def test_who_was_not_asked_lacks_nothing(findings, hello, answer):
    assert [] == findings(f"C {hello(more=())}\n S {answer(more=())}")


@pytest.mark.parametrize("capture", ["tls12_ecdhe", "tls13", "gnutls_tls12"])
def test_servers_of_today_are_fine(findings, capture):
    assert [] == findings(capture=f"{capture}.pcap")


def test_a_draft_of_tls13_needs_none_of_it(findings):
    assert [] == findings("C client_hello\n S server_hello_experiment")

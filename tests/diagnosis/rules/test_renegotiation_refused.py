from __future__ import annotations


def test_a_second_handshake_that_ends_with_an_alert_is_found(findings, tls12):
    (finding,) = findings(
        tls12 + "C data:100\n S data:300\n C hidden:200\n S alert:26\n C alert:26 fin"
    )

    assert "negotiation.renegotiation" == finding.cause


def test_a_first_handshake_that_ends_with_an_alert_is_none(findings, hello, alert):
    assert [] == findings(f"C {hello()}\n S {alert(40)}")

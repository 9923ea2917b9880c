from __future__ import annotations

import pytest


def test_a_client_that_leaves_after_the_handshake_is_found(findings):
    (finding,) = findings(capture="expired_tls12_node.pcap")

    assert ("certificate", "certificate") == (finding.cause, finding.step)


@pytest.mark.parametrize("close", ["fin", "rst"])
def test_the_evidence_is_the_close(findings, tls13, close):
    (finding,) = findings(tls13 + f"C {close}")

    assert ((7,), "server") == (finding.packets, finding.side)


def test_a_server_that_leaves_dislikes_the_clients_certificate(findings, tls13):
    (finding,) = findings(tls13 + "C data:100\n S fin")

    assert ("client_certificate", "client") == (finding.cause, finding.side)


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("C data:100 \n S data:300 \n C fin", id="after its data"),
        pytest.param("C alert:fatal:bad_certificate", id="with an alert that says why"),
        pytest.param("", id="it stays"),
    ],
)
def test_who_leaves_otherwise_is_not_found(findings, tls12, script):
    assert [] == findings(tls12 + script)


def test_an_alert_that_cannot_be_read_may_be_a_farewell(findings, tls12):
    (finding,) = findings(tls12 + "C alert:26 fin")

    assert ("certificate", 0.5) == (finding.cause, finding.confidence)
    assert "A monitor that only looks" in str(finding.fix)

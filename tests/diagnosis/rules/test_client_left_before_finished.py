from __future__ import annotations

import pytest

FLIGHT = "C client_hello\n S server_hello_sha256 ccs data:32 data:800 data:281 data:53\n"


def test_a_client_that_closes_when_it_has_the_certificate(findings):
    (finding,) = findings(capture="unknown_ca_tls13_node.pcap")

    assert ("certificate", "server", (6, 8)) == (finding.cause, finding.side, finding.packets)


@pytest.mark.parametrize("end, how", [("fin", "closed"), ("rst", "reset")])
def test_it_takes_a_moment_to_decide(findings, end, how):
    (finding,) = findings(FLIGHT + f"C {end}")

    assert "certificate" == finding.cause
    assert str(finding.summary).startswith(f"The client {how} the connection (packet 6) 1.0 ms")


@pytest.mark.parametrize(
    "ending",
    [
        pytest.param("+3 C fin", id="who waits had a time-out"),
        pytest.param("-0.00095 C rst", id="who leaves at once has not looked at it"),
        pytest.param("C alert:19 fin", id="an alert says more"),
        pytest.param("C ccs data:53 \n C fin", id="after Finished"),
        pytest.param("S fin", id="the server closes"),
    ],
)
def test_who_leaves_otherwise_is_not_found(findings, ending):
    assert [] == findings(FLIGHT + ending)


def test_tls12_has_alerts_and_certificates_to_be_read(findings):
    assert [] == findings("C client_hello\n S server_hello certificate\n C fin")

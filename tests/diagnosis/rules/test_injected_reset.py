from __future__ import annotations

import pytest

FLIGHT = "S server_hello certificate server_key_exchange server_hello_done"


def test_a_reset_after_which_its_sender_goes_on_is_found(findings):
    (finding,) = findings(capture="injected_reset.pcap")

    assert ("transport.reset.injected", "network") == (finding.cause, finding.side)


def test_the_evidence_is_the_reset_and_the_next_word(findings):
    (finding,) = findings(f"C client_hello\n S rst\n {FLIGHT}")

    assert (5, 6) == finding.packets
    assert "server.test" in str(finding.fix)


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("C client_hello \n S rst", id="nothing after it"),
        pytest.param("C client_hello \n S rst \n S rst", id="only another reset after it"),
        pytest.param(f"C client_hello \n {FLIGHT} \n C rst \n S ccs", id="the other side goes on"),
        pytest.param(f"C client_hello \n S fin \n {FLIGHT}", id="a FIN, and packets in disorder"),
    ],
)
def test_other_resets_are_believed(findings, script):
    assert [] == findings(script)


def test_resets_in_a_volley_come_from_a_box(findings):
    (finding,) = findings("C client_hello\n S rst\n S rst\n S rst")

    assert ("transport.reset.injected", "network", (5, 6, 7)) == (
        finding.cause,
        finding.side,
        finding.packets,
    )


def test_resets_that_answer_packets_are_no_volley(findings):
    assert [] == findings("C client_hello\n S rst\n S rst\n C again\n S rst")

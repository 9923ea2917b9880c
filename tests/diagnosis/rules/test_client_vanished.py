from __future__ import annotations

import pytest

HELLO = (
    "C client_hello\n S server_hello certificate server_key_exchange server_hello_done blackholed\n"
)
AGAIN = "+.3 S again blackholed\n"


def test_a_client_that_is_gone_is_found(findings):
    (finding,) = findings(capture="client_gone.pcap")

    assert ("transport.silent.client", "client") == (finding.cause, finding.side)
    assert "the smallest with 622 bytes" in str(finding.summary)


def test_the_evidence_is_its_last_word_and_each_try(findings):
    (finding,) = findings(HELLO + AGAIN + AGAIN + "+3")

    assert (4, 6, 7) == finding.packets


def test_a_closed_port_makes_it_surer(findings):
    (finding,) = findings(HELLO + AGAIN + "C icmp_port_unreachable\n" + AGAIN + "+3")

    assert (0.9, (4, 6, 7, 8)) == (finding.confidence, finding.packets)


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(HELLO + AGAIN + "+3", id="sent again once"),
        pytest.param(HELLO + "C\n C\n" + AGAIN + AGAIN + "+3", id="the client asks for the rest"),
        pytest.param(HELLO + AGAIN + AGAIN + "+2 C fin\n +3", id="the client gives up"),
        pytest.param(
            "C client_hello blackholed\n +.3 C again\n +.3 C again\n +3", id="the client's"
        ),
    ],
)
def test_other_silences_have_another_cause(findings, script):
    assert [] == findings(script)

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    "capture, cause",
    [
        ("connection_refused.pcap", "transport.refused"),
        ("syn_unanswered.pcap", "transport.unanswered"),
    ],
)
def test_a_connection_that_did_not_come_to_be_is_found(findings, capture, cause):
    (finding,) = findings(capture=capture)

    assert (cause, "tcp_connect") == (finding.cause, finding.step)


def test_the_evidence_of_a_refusal_is_the_request_and_the_reset(findings):
    (finding,) = findings("C syn\n S rst", opened=False)

    assert ((1, 2), "server") == (finding.packets, finding.side)
    assert "192.0.2.2:443" in str(finding.summary)


def test_the_evidence_of_silence_is_each_request(findings):
    (finding,) = findings("C syn\n +1 C syn\n +2 C syn", opened=False)

    assert ((1, 2, 3), "network") == (finding.packets, finding.side)
    assert "3 times" in str(finding.summary)


def test_a_client_that_resets_its_own_request_was_not_refused(findings):
    (finding,) = findings("C syn\n +1 C syn\n C rst", opened=False)

    assert "transport.unanswered" == finding.cause


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("C syn", id="the capture ends"),
        pytest.param("C syn\n S syn_ack\n S rst", id="reset after the connection was made"),
    ],
)
def test_other_endings_are_no_refusal(findings, script):
    assert [] == findings(script, opened=False)

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    "capture, cause",
    [
        ("silent_server.pcap", "transport.silent.server"),
        ("client_vanishes.pcap", "transport.silent.client"),
    ],
)
def test_who_stopped_answering_is_found(findings, capture, cause):
    (finding,) = findings(capture=capture)

    assert cause == finding.cause


def test_the_evidence_is_what_was_not_answered(findings):
    (finding,) = findings("C client_hello\n +3")

    assert ((4,), "server") == (finding.packets, finding.side)
    assert "client_hello of packet 4" in str(finding.summary)


@pytest.mark.parametrize("close", ["", "S fin"])
def test_a_client_that_connects_and_says_nothing_is_silent(findings, close):
    (finding,) = findings(f"+60 {close}")

    assert ("transport.silent.client", (2,)) == (finding.cause, finding.packets)


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("C client_hello", id="the capture ends"),
        pytest.param("C client_hello \n C fin", id="left at once"),
        pytest.param("{tls12} +60", id="through, and idle"),
    ],
)
def test_other_pauses_are_no_silence(findings, tls12, script):
    assert [] == findings(script.replace("{tls12}", tls12))


def test_a_request_for_tls_that_is_never_answered_is_found(findings):
    (finding,) = findings("S hex:2b4f4b0d0a\n C text:STLS\n +5")  # +OK

    assert ("transport.silent.server", "prelude", (5,)) == (
        finding.cause,
        finding.step,
        finding.packets,
    )


def test_a_server_that_says_hello_and_nothing_more_is_silent(findings):
    (finding,) = findings("C client_hello\n S server_hello\n +3 C fin")

    assert ("transport.silent.server", "server", (5,)) == (
        finding.cause,
        finding.side,
        finding.packets,
    )
    assert "never what has to follow" in str(finding.summary)


def test_what_tcp_acknowledged_did_arrive(findings):
    (heard,) = findings("C client_hello\n S\n +3")
    (unheard,) = findings("C client_hello\n +3")

    assert "TCP acknowledged it: look at 192.0.2.2:443" in str(heard.fix)
    assert "to see whether the packet arrives there" in str(unheard.fix)


def test_an_answer_for_which_nobody_waited_any_more_is_told(findings):
    (finding,) = findings("C client_hello\n +3 C fin\n +2 S server_hello")

    assert "did not answer the client_hello of packet 4 in time" in str(finding.summary)
    assert "The answer came 5.0 s after the question (packet 6)" in str(finding.summary)
    assert "it answers, but too late" in str(finding.fix)


def test_a_part_of_a_hello_is_not_nothing(findings, hello):
    (finding,) = findings(f"C {hello()[:104]}\n +3 S fin")

    assert ("transport.silent.client", (2, 4)) == (finding.cause, finding.packets)
    assert "sent 50 bytes (packet 4), which are no whole ClientHello" in str(finding.summary)

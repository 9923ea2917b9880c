from __future__ import annotations

import pytest

import tlsparse
from tlsparse.diagnosis.rules.flight_blackholed import flight_blackholed

FLIGHT = "S server_hello certificate server_key_exchange server_hello_done"


@pytest.mark.parametrize(
    "capture, cause",
    [
        ("client_hello_blackholed.pcap", "transport.blackhole.client_hello"),
        ("server_flight_blackholed.pcap", "transport.blackhole.server_flight"),
        ("server_flight_blackholed_client_side.pcap", "transport.blackhole.server_flight"),
    ],
)
def test_packets_that_vanish_are_found(findings, capture, cause):
    (finding,) = findings(capture=capture)

    assert (cause, "network") == (finding.cause, finding.side)


def test_the_evidence_is_each_try(findings):
    (finding,) = findings(f"""
        C client_hello
        {FLIGHT} blackholed
        +.3 S again blackholed
        +.6 S again blackholed
        +3
    """)

    assert "transport.blackhole.server_flight" == finding.cause
    assert (5, 6, 7) == finding.packets


def test_the_evidence_is_the_first_try_too(findings):
    """The hello is readable in packet 5, and what vanishes is packet 4."""
    (finding,) = findings(capture="path_mtu_ignored.pcap")

    assert (4, 5, 6, 8, 10, 12, 14, 16) == finding.packets


def test_what_was_acknowledged_selectively_is_not_said_to_have_vanished(findings):
    """The server has the second segment, packet 5, as the SACK option of packet 7 says; no flow keeps that."""
    (finding,) = findings(capture="path_mtu_ignored.pcap")

    assert "the server's acknowledgment number stays 2073 bytes behind" in str(finding.summary)


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("C client_hello \n S fin", id="nothing was sent again"),
        pytest.param(
            "C client_hello blackholed \n +.3 C again blackholed \n +3",
            id="sent again once: a chance loss",
        ),
        pytest.param(
            "C client_hello \n +.3 C again \n +.3 C again \n S \n +3",
            id="sent again, and acknowledged",
        ),
        pytest.param(
            "C client_hello blackholed \n +.3 C again blackholed \n +.6 C again \n"
            "S alert:fatal:handshake_failure",
            id="the third try arrived",
        ),
    ],
)
def test_other_losses_are_no_black_hole(findings, script):
    assert [] == findings(script)


def test_where_only_one_side_was_captured_nothing_is_known_of_acknowledgments(findings):
    script = "C syn\n C client_hello deaf\n +.3 C again\n +.6 C again\n C fin"

    assert [] == findings(script, opened=False)


# --- In numbers ------------------------------------------------------------------------------------------------------


def test_the_sizes_of_what_vanishes_and_of_what_arrives_are_said(findings):
    (finding,) = findings(capture="server_flight_blackholed_client_side.pcap")

    assert "Those that arrived have 673 bytes at most" in str(finding.summary)
    assert "the client's SYN allows packets of 1500" in str(finding.summary)
    assert "ping -M do -s 1472 192.0.2.10" in str(finding.fix)


def test_a_receiver_that_asks_for_what_is_missing_shows_that_small_ones_arrive(findings):
    (finding,) = findings(capture="client_hello_blackholed.pcap")

    assert "Smaller ones do arrive" in str(finding.summary)
    assert 0.9 == finding.confidence


def test_where_small_packets_have_no_answer_either_it_may_not_be_their_size(findings):
    (finding,) = findings(capture="client_gone.pcap")

    assert 0.6 == finding.confidence


def test_small_packets_that_vanish_are_no_matter_of_the_mtu(findings):
    script = "C client_hello blackholed\n +.3 C again blackholed\n +.6 C again blackholed\n +3"
    (finding,) = findings(script)

    assert "not too large for any path" in str(finding.summary)
    assert "mtu" not in str(finding.fix)


def test_a_router_whose_limit_is_ignored_is_named_with_it(findings):
    (finding,) = findings(capture="path_mtu_ignored.pcap")

    assert ("transport.blackhole.client_hello", 0.97) == (finding.cause, finding.confidence)
    assert "192.0.2.1 told the client that its next link takes 1280 bytes" in str(finding.summary)
    assert "mtu 1280" in str(finding.fix)
    assert 6 in finding.packets


def test_a_limit_that_is_heeded_is_no_cause(findings):
    """The hello of a script is smaller than that."""
    script = (
        "C client_hello blackholed\n S icmp_fragmentation_needed mtu:1280\n"
        "+.3 C again blackholed\n +.6 C again blackholed\n +3"
    )
    (finding,) = findings(script)

    assert "192.0.2.254" not in str(finding.summary)


def test_a_post_quantum_key_share_is_why_a_hello_is_large(shared):
    name = "client_hello_blackholed_big_chromium.pcapng"
    capture = tlsparse.read(shared / "diagbench" / "open" / name)

    (finding,) = flight_blackholed(capture.handshake(0))

    assert "post-quantum key share X25519MLKEM768 (1216 bytes)" in str(finding.summary)

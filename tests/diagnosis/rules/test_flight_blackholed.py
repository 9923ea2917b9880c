from __future__ import annotations

import pytest

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

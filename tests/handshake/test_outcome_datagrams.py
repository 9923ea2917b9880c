from __future__ import annotations

import pytest

FLIGHT = "S server_hello certificate server_key_exchange server_hello_done"
DTLS12 = f"""
    C client_hello
    {FLIGHT}
    C client_key_exchange change_cipher_spec encrypted
    S change_cipher_spec encrypted
"""
QUIC = """
    C client_hello
    S server_hello_13 encrypted encrypted
    C encrypted data
"""


@pytest.mark.parametrize(
    "script, outcome, step",
    [
        (DTLS12, "completed", "application_data"),
        (DTLS12 + "C data\n S data\n C alert", "completed", "application_data"),
        (QUIC + "S data", "completed", "application_data"),
        (QUIC, "completed", "application_data"),  # the capture ends before anything tells otherwise
        (DTLS12 + "C alert", "rejected", "certificate"),
        ("C client_hello\n S alert:handshake_failure", "alerted", "client_hello"),
        (f"C client_hello\n {FLIGHT}\n C alert:unknown_ca", "alerted", "certificate"),
        ("C client_hello\n S server_hello_13 encrypted\n C alert", "alerted", "certificate"),
        ("C client_hello\n S version_negotiation", "closed", "client_hello"),
        ("C client_hello\n S close", "closed", "server_hello"),
        (f"C client_hello\n {FLIGHT}\n", "cut", "key_exchange"),
        ("S server_hello certificate", "cut", "client_hello"),
        ("S alert:handshake_failure", "alerted", "client_hello"),
        (f"C client_hello\n {FLIGHT}\n+2", "silent", "key_exchange"),
        (
            f"C client_hello\n {FLIGHT}\n+1 C retransmission\n+1 C retransmission",
            "silent",
            "server_hello",
        ),
        ("C client_hello\n S hello_verify_request\n C client_hello\n+2", "cut", "server_hello"),
        (
            "C client_hello\n S hello_verify_request\n C client_hello\n+1 C retransmission\n+2",
            "silent",
            "server_hello",
        ),
    ],
)
def test_ending_is_told_by_what_was_said_last(udp_handshake, script, outcome, step):
    handshake = udp_handshake(script)

    assert (outcome, step) == (handshake.outcome, handshake.step)


@pytest.mark.parametrize(
    "script, outcome",
    [
        ("C client_hello", "cut"),
        ("C client_hello\n+2", "cut"),  # it would have said hello again
        ("C client_hello\n+1 C retransmission\n+2 C retransmission", "silent"),
        ("C client_hello\n C alert:internal_error", "silent"),
        ("C client_hello\n C client_key_exchange change_cipher_spec encrypted\n+2", "cut"),
    ],
)
def test_client_that_hears_nothing_meets_silence_unless_it_goes_on(udp_handshake, script, outcome):
    """A client that goes on was answered, out of sight of the capture."""
    assert outcome == udp_handshake(script, heard="C").outcome


def test_version_negotiation_that_is_followed_ends_nothing(udp_handshake):
    script = "C client_hello\n S version_negotiation\n" + QUIC + "S data"

    assert "completed" == udp_handshake(script).outcome


def test_early_data_completes_nothing(udp_handshake):
    script = "C client_hello data:early_data\n S server_hello_13 encrypted\n C data:early_data"

    assert "cut" == udp_handshake(script).outcome


def test_client_that_is_through_and_never_hears_of_the_server_again_is_left_alone(udp_handshake):
    handshake = udp_handshake(QUIC + "+1 C encrypted\n+2 C encrypted")

    assert ("silent", "finished") == (handshake.outcome, handshake.step)


def test_capture_of_the_server_alone_is_cut(udp_handshake):
    assert "cut" == udp_handshake(f"{FLIGHT}\n+9", heard="S").outcome

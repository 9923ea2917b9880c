from __future__ import annotations

import pytest

from tlsparse.diagnosis.judge import diagnose


@pytest.mark.parametrize(
    "script",
    [
        "C client_hello\n S server_hello server_hello_done\n+1 C retransmission\n+2 C retransmission",
        "C client_hello\n S server_hello\n S gap server_hello_done\n+2 S retransmission",
    ],
)
def test_flight_that_is_said_again_and_not_answered_vanishes(udp_handshake, script):
    first, *_ = diagnose(udp_handshake(script))

    assert "transport.blackhole.server_flight" == first.cause


def test_near_miss_a_client_that_answered_the_flight_has_it(udp_handshake):
    script = """
        C client_hello
        S server_hello certificate server_hello_done
        C client_key_exchange change_cipher_spec encrypted
        +2 C retransmission
    """

    assert "transport.blackhole.server_flight" not in {
        f.cause for f in diagnose(udp_handshake(script))
    }

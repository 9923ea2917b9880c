from __future__ import annotations

from tlsparse.diagnosis.judge import diagnose

HELLOS = "C client_hello\n+1 C retransmission\n+2 C retransmission"


def test_hellos_without_any_answer_are_unanswered(udp_handshake):
    (finding,) = diagnose(udp_handshake(HELLOS, heard="C"))

    assert ("transport.unanswered", "network", (1, 2, 3)) == (
        finding.cause,
        finding.side,
        finding.packets,
    )


def test_near_miss_a_server_that_was_heard_is_there(udp_handshake):
    assert "transport.unanswered" not in {f.cause for f in diagnose(udp_handshake(HELLOS))}

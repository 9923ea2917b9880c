from __future__ import annotations

import pytest

from tlsparse.diagnosis.rules.client_clock_wrong import client_clock_wrong
from tlsparse.handshake.handshake import ToldClock

HELLOS = "C client_hello\n S server_hello "
DONE = " server_key_exchange server_hello_done\n"
THROUGH = DONE + "C client_key_exchange ccs finished:40\n S ccs finished:40\n C data:50\n S data:50"
HIDDEN = "C client_hello\n S server_hello_sha256 ccs data:900\n"
YEAR_S = 365 * 86400


def test_a_valid_chain_that_a_client_takes_for_expired(findings):
    (finding,) = findings(capture="clock_ahead_tls12.pcap")

    assert ("certificate.clock", "client") == (finding.cause, finding.side)
    assert "The chain was valid at the time of the capture" in str(finding.summary)
    assert "Set the clock of 192.0.2.10" in str(finding.fix)


@pytest.mark.parametrize(
    "clock, alert, least",
    [
        pytest.param(ToldClock(-YEAR_S, 3, certain=True), "bad_certificate", 0.9, id="behind"),
        pytest.param(ToldClock(YEAR_S, 1, certain=True), "certificate_expired", 0.9, id="ahead"),
        pytest.param(ToldClock(-YEAR_S, 1, certain=False), "bad_certificate", 0.3, id="perhaps"),
        pytest.param(None, "certificate_expired", 0.9, id="nothing told"),
    ],
)
def test_a_clock_in_the_hello_is_compared(handshake, leaf, clock, alert, least):
    refused = handshake(HELLOS + leaf(names=("server.test",)) + DONE + f"C alert:fatal:{alert}")
    refused.told_clock = clock
    (finding,) = client_clock_wrong(refused)

    assert least <= finding.confidence
    assert ("365 days" in str(finding.summary)) is (clock is not None)


@pytest.mark.parametrize(
    "options, clock, alert",
    [
        pytest.param({"end_days": -1}, None, "certificate_expired", id="it has expired"),
        pytest.param({"begin_days": 1}, None, "bad_certificate", id="it is not valid yet"),
        pytest.param({}, None, "bad_certificate", id="no word of dates"),
        pytest.param({}, None, "decrypt_error", id="another reason"),
        pytest.param(
            {}, ToldClock(1, 1, certain=True), "certificate_expired", id="the clock is right"
        ),
    ],
)
def test_where_the_clock_explains_nothing_it_is_not_blamed(handshake, leaf, options, clock, alert):
    refused = handshake(HELLOS + leaf(**options) + DONE + f"C alert:fatal:{alert}")
    refused.told_clock = clock

    assert [] == list(client_clock_wrong(refused))


def test_a_hidden_chain_leaves_a_small_doubt(handshake):
    (finding,) = client_clock_wrong(handshake(HIDDEN + "C alert:fatal:certificate_expired"))

    assert finding.confidence < 0.2


def test_a_valid_chain_that_was_shown_to_another_client_counts(handshake, leaf, introduce):
    trusting = handshake(HELLOS + leaf() + THROUGH)
    refused = handshake(HIDDEN + "C alert:fatal:certificate_expired")
    introduce([trusting, refused])
    (finding,) = client_clock_wrong(refused)

    assert 0.85 < finding.confidence
    assert f"(packet {trusting.first('certificate').packet}) was valid" in str(finding.summary)


def test_who_accepted_another_server_has_a_clock_that_is_right(handshake, captures):
    refused = handshake(HIDDEN + "C alert:fatal:certificate_expired")
    refused.accepted = refused.first("server_hello")

    assert [] == list(client_clock_wrong(refused))


def test_a_server_that_refuses_is_no_clock_of_the_client(findings, leaf):
    assert [] == findings(HELLOS + leaf() + DONE + "S alert:fatal:certificate_expired")

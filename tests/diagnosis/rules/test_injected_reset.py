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


# --- Whose headers? --------------------------------------------------------------------------------------------------


def test_a_reset_with_another_time_to_live_was_made_elsewhere(findings):
    (finding,) = findings("C client_hello\n S rst ttl:255")

    assert ("transport.reset.injected", 0.85) == (finding.cause, finding.confidence)
    assert "its time to live is 255" in str(finding.summary)
    assert "packets of the server is 64" in str(finding.summary)
    assert {2, 5} <= set(finding.packets)


def test_hops_are_counted_from_the_next_usual_time_to_live(findings):
    (finding,) = findings("C client_hello\n S rst ttl:120")

    assert "(hops from here: 8)" in str(finding.summary)
    assert "by its time to live: 8" in str(finding.fix)


def test_a_reset_within_what_the_paths_of_its_sender_have_is_believed(findings):
    script = "C syn\n S syn_ack ttl:55\n C\n C client_hello\n S ttl:57\n S rst ttl:56"

    assert [] == findings(script, opened=False)


def test_a_reset_of_whom_no_other_packet_was_seen_is_believed(findings):
    assert [] == findings("C client_hello\n S rst ttl:255", opened=False)


def test_both_sides_reset_by_packets_of_one_make_are_found(findings):
    (finding,) = findings("C client_hello\n S rst id:17000\n C rst id:17000")

    assert "Both sides were reset at once (packets 5 and 6)" in str(finding.summary)


def test_where_there_are_no_identifications_two_resets_are_not_of_one_make(findings):
    """In IPv6; two hosts may well begin with the same hop limit."""
    assert [] == findings("C client_hello\n S rst id:-1\n C rst id:-1")


def test_a_side_that_resets_in_answer_to_a_reset_makes_its_own(findings):
    assert [] == findings("C client_hello\n S rst id:7\n C rst id:17000")


def test_a_number_past_what_was_sent_is_not_enough_alone(findings):
    """The capture may lack a packet."""
    assert [] == findings("C client_hello\n S rst ahead:4380")


def test_signs_that_agree_make_it_surer(findings):
    (one,) = findings("C client_hello\n S rst ttl:57")
    (two,) = findings("C client_hello\n S rst ttl:57 ahead:4380")

    assert one.confidence < two.confidence
    assert "4380 bytes past" in str(two.summary)


def test_a_reset_that_comes_sooner_than_its_sender_can_answer_is_found(findings):
    """The box of this capture also has another time to live, and no timestamps."""
    (finding,) = findings(capture="injected_reset_to_both.pcap")

    assert "It answers packet 4 after" in str(finding.summary)
    assert finding.confidence > 0.9


@pytest.mark.parametrize("capture", ["reset_after_client_hello.pcap"])
def test_resets_of_real_servers_are_believed(findings, capture):
    assert [] == findings(capture=capture)

"""How each handshake ends and where it broke, each ending with its near misses."""

from __future__ import annotations

import pytest

from tlsparse.handshake import outcome
from tlsparse.handshake.handshake import build_handshakes

FLIGHT = "S server_hello certificate server_key_exchange server_hello_done\n"

ENDINGS = [
    # --- completed
    ("{tls12}", "completed", "application_data"),
    ("{tls13}", "completed", "application_data"),
    ("{tls12} C data:50 \n S data:900 \n C alert:26 fin \n S fin", "completed", "application_data"),
    ("{tls13} C data:100 \n S data:300 \n C data:19 fin", "completed", "application_data"),
    ("{tls13} C data:100 \n S data:300 \n C rst", "completed", "application_data"),
    ("{tls13} C data:100 \n S data:300 \n S data:19 fin", "completed", "application_data"),
    ("{tls12} S data:900 \n S fin", "completed", "application_data"),  # a server that speaks first
    ("{tls12} +60", "completed", "application_data"),  # left open
]


def ending(handshake) -> tuple[str, str]:
    return handshake.outcome, handshake.step


@pytest.mark.parametrize(
    "script, outcome, step", ENDINGS, ids=[" ".join(script.split()) for script, *_ in ENDINGS]
)
def test_what_went_well_is_completed(handshake, tls12, tls13, script, outcome, step):
    script = script.replace("{tls12}", tls12).replace("{tls13}", tls13)

    assert (outcome, step) == ending(handshake(script))
    assert handshake(script).ending.side is None


@pytest.mark.parametrize(
    "flight, finished",
    [
        pytest.param("server_hello_sha256 ccs data:32 data:800", "data:53", id="SHA-256"),
        pytest.param("server_hello_sha384 ccs data:32 data:800", "data:69", id="SHA-384"),
        pytest.param("server_hello_ccm8 data:24 data:800", "data:45", id="CCM_8"),
        pytest.param("server_hello_sha256 ccs data:48 data:816", "data:69", id="Java"),
        pytest.param("server_hello_sha256 ccs data:48 data:816", "data:1200", id="NSS, one record"),
    ],
)
def test_tls13_is_through_when_the_client_finished(handshake, flight, finished):
    found = handshake(f"C client_hello \n S {flight} \n C ccs {finished}")

    assert ("completed", "application_data") == ending(found)
    assert 6 == found.ending.packet


def test_tls12_is_through_when_both_sides_finished(handshake, tls12):
    assert 7 == handshake(tls12).ending.packet


def test_a_resumed_tls12_handshake_is_through_when_the_client_finished(handshake):
    found = handshake("C client_hello\n S server_hello ccs finished:40\n C ccs finished:40")

    assert ("completed", 6) == (found.outcome, found.ending.packet)


def test_a_hello_retry_request_is_no_end(handshake):
    found = handshake("""
        C client_hello
        S retry ccs
        C ccs client_hello
        S server_hello_sha256 data:32 data:800
        C data:53
    """)

    assert ("completed", "application_data") == ending(found)
    assert found.hello_retry


def test_a_suite_without_cipher_is_through_when_both_sides_finished(handshake):
    finished = "hex:1603030024" + "1400000c" + "00" * 12 + "bb" * 20
    found = handshake(f"""
        C client_hello
        S server_hello_null certificate server_hello_done
        C hidden:6 ccs {finished}
        S ccs {finished}
    """)

    assert ("completed", "application_data") == ending(found)


def test_early_data_answered_at_once_is_completed(handshake):
    """The server answers and closes before it has the client's Finished."""
    found = handshake("""
        C client_hello_early ccs data:100
        S server_hello_sha256 ccs data:32 data:53 data:500 data:19 fin
        C data:21 data:53
        C data:19 fin
    """)

    assert ("completed", "application_data") == ending(found)


def test_early_data_that_is_refused_is_sent_again(handshake):
    found = handshake("""
        C client_hello_early ccs data:100
        S server_hello_sha256 ccs data:32 data:800 data:53
        C data:53 data:100
        S data:300
    """)

    assert ("completed", "application_data") == ending(found)


def test_a_client_that_refuses_the_certificate_after_its_early_data_alerts(handshake):
    """Early data is no sign that the client was content: it was sent before it saw anything."""
    found = handshake("""
        C client_hello_early ccs data:100
        S server_hello_sha256 ccs data:32 data:800 data:281 data:53
        C data:19 fin
    """)

    assert ("alerted", "certificate") == ending(found)


# --- rejected ---------------------------------------------------------------------------------------------------------

CERTIFIED = "C client_hello \n S server_hello_sha256 ccs data:32 data:800 \n C data:900 data:53 \n"

ASKED = """
    C client_hello
    S server_hello certificate server_key_exchange certificate_request server_hello_done
    C certificate client_key_exchange certificate_verify ccs finished:40
    S ccs finished:40
"""


def test_a_server_that_had_closed_before_the_clients_finished_was_gone(handshake):
    flight = (
        "C client_hello \n S server_hello_sha256 ccs data:32 data:800 data:281 data:53 \n S fin \n"
    )

    assert "closed" == handshake(flight + "C ccs data:53 \n S rst").outcome
    assert "completed" == handshake(flight + "C ccs data:53 \n C fin").outcome


REJECTED = [
    ("{tls12} C alert:26 fin", "certificate", "client"),
    ("{tls12} C fin", "certificate", "client"),
    ("{tls12} C rst", "certificate", "client"),
    ("{asked} S alert:26 fin", "client_certificate", "server"),  # as Node looks at it late
    ("{tls13} C data:19 fin", "certificate", "client"),
    ("{tls13} C fin", "certificate", "client"),
    ("{tls13} S data:250 data:250 \n C fin", "certificate", "client"),  # after the tickets
    ("{tls13} S data:19 fin", "finished", "server"),  # the client had nothing else to show
    ("{certified} S data:19 fin", "client_certificate", "server"),
    ("{tls13} S alert:fatal:unknown_ca", "client_certificate", "server"),
    ("{certified} S fin", "client_certificate", "server"),  # not even a ticket
    (
        "{certified} C data:100 \n S data:19 fin",
        "client_certificate",
        "server",
    ),  # the request came first
]


@pytest.mark.parametrize(
    "script, step, side", REJECTED, ids=[" ".join(script.split()) for script, *_ in REJECTED]
)
def test_who_leaves_without_a_word_has_refused(handshake, tls12, tls13, script, step, side):
    scripts = {"tls12": tls12, "tls13": tls13, "certified": CERTIFIED, "asked": ASKED}
    found = handshake(script.format(**scripts))

    assert ("rejected", step, side) == (*ending(found), found.ending.side)


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("{tls12} S alert:26 fin", id="it asked for no certificate"),
        pytest.param("{tls13} S data:250 data:250 \n S data:19 fin", id="it gave tickets"),
        pytest.param("{certified} S data:250 \n S data:19 fin", id="it gave one for a certificate"),
    ],
)
def test_a_server_that_had_verified_all_takes_its_leave(handshake, tls12, tls13, script):
    """Its Finished, or its tickets, came after the client's: the alert is a close_notify."""
    found = handshake(script.format(tls12=tls12, tls13=tls13, certified=CERTIFIED))

    assert ("completed", "application_data") == ending(found)


@pytest.mark.parametrize(
    "rest",
    [
        "C data:21 \n S text:226_Transfer_complete \n S fin",  # GridFTP
        "C data:21 \n S text:226_Transfer_complete fin",
        "S text:226_Transfer_complete \n C fin",
    ],
)
def test_a_server_that_goes_on_in_plain_has_not_refused(handshake, tls12, rest):
    assert ("completed", "application_data") == ending(handshake(tls12 + rest))


def test_a_farewell_in_plain_is_no_request(handshake, tls13):
    """libldap sends an unbind request in plain when it dislikes a certificate, and slapd cannot read it."""
    found = handshake(tls13 + "C hex:30050201024200 \n C fin \n S alert:26 \n C rst")

    assert ("rejected", "certificate") == ending(found)


def test_noise_before_the_handshake_was_through_does_not_speak_for_it(handshake):
    found = handshake("""
        C client_hello
        S server_hello certificate server_key_exchange server_hello_done text:some_noise
        C client_key_exchange ccs finished:40
        S ccs finished:40
        C fin
    """)

    assert ("rejected", "certificate") == ending(found)


def test_an_alert_after_which_its_sender_goes_on_refuses_nothing(handshake, tls12):
    """A client declines a HelloRequest with the warning no_renegotiation, which is encrypted."""
    found = handshake(tls12 + "S hidden:24\n C alert:26\n C data:100\n S data:300\n C alert:26 fin")

    assert ("completed", "application_data") == ending(found)


def test_a_server_that_closes_after_the_clients_close_has_not_refused(handshake, tls13):
    found = handshake(tls13 + "C data:100\n C data:19 fin\n S data:19 fin")

    assert "completed" == found.outcome


def test_what_is_not_captured_whole_is_not_rejected(handshake):
    """The client's data may have been among the packets of which little was captured."""
    found = handshake("""
        C client_hello
        S server_hello certificate server_key_exchange server_hello_done snap:90
        C client_key_exchange ccs finished:40
        S ccs finished:40
        C fin
    """)

    assert "completed" == found.outcome


# --- alerted ----------------------------------------------------------------------------------------------------------

ALERTED = [
    ("S alert:fatal:handshake_failure", "client_hello", "server"),
    ("S alert:fatal:handshake_failure fin", "client_hello", "server"),
    ("S alert:fatal:protocol_version \n C rst", "client_hello", "server"),
    ("S alert:warning:unrecognized_name \n S fin", "client_hello", "server"),
    (
        "S retry ccs \n C ccs client_hello \n S alert:fatal:handshake_failure",
        "client_hello",
        "server",
    ),
    ("S retry ccs \n C alert:fatal:illegal_parameter", "server_hello", "client"),
    ("S server_hello \n C alert:fatal:protocol_version", "server_hello", "client"),
    (FLIGHT + "C alert:fatal:unknown_ca", "certificate", "client"),
    (FLIGHT + "C alert:fatal:unknown_ca \n C fin", "certificate", "client"),
    (FLIGHT + "C alert:fatal:insufficient_security", "key_exchange", "client"),
    (FLIGHT + "C alert:fatal:decrypt_error", "key_exchange", "client"),
    (FLIGHT + "C client_key_exchange ccs finished:40 alert:26", "certificate", "client"),
    (
        FLIGHT + "C client_key_exchange ccs finished:40 \n S alert:fatal:decrypt_error",
        "finished",
        "server",
    ),
    (
        "S server_hello certificate certificate_request server_hello_done \n"
        "C no_certificate client_key_exchange ccs finished:40 \n S alert:fatal:handshake_failure",
        "client_certificate",
        "server",
    ),
    ("S server_hello ccs finished:40 \n C ccs alert:26", "finished", "client"),
    (
        "S server_hello_sha256 ccs data:32 data:800 \n C alert:fatal:unknown_ca",
        "certificate",
        "client",
    ),
    ("S server_hello_sha256 ccs data:32 data:800 \n C ccs data:19", "certificate", "client"),
    (
        "S server_hello_sha256 ccs data:48 data:816 \n C ccs data:35",
        "certificate",
        "client",
    ),  # Java
    ("S server_hello_ccm8 data:24 data:800 \n C data:11", "certificate", "client"),
    ("S server_hello_sha256 \n C alert:fatal:illegal_parameter", "server_hello", "client"),
    (
        "S server_hello_sha256 ccs data:32 data:800 \n C ccs data:19 \n S data:19",
        "server_hello",
        "client",
    ),  # the server could not read it: the keys differ
    (
        "S server_hello_sha256 server_hello_sha256 ccs data:32 data:800 \n C ccs data:19",
        "server_hello",
        "client",
    ),
    (
        "S server_hello_sha256 ccs data:32 data:800 \n C alert:fatal:bad_record_mac",
        "server_hello",
        "client",
    ),
]


@pytest.mark.parametrize(
    "script, step, side", ALERTED, ids=[" ".join(script.split()) for script, *_ in ALERTED]
)
def test_an_alert_ends_it_at_the_message_that_it_refuses(handshake, script, step, side):
    found = handshake("C client_hello \n" + script)

    assert ("alerted", step, side) == (*ending(found), found.ending.side)


def test_a_warning_before_the_server_hello_ends_nothing(handshake, tls12):
    hello, rest = tls12.split("\n    S", 1)
    found = handshake(f"{hello}\n S alert:warning:unrecognized_name\n S{rest}")

    assert ("completed", "application_data") == ending(found)


def test_a_warning_after_which_its_sender_goes_on_is_not_why_the_other_closes(handshake):
    found = handshake(f"C client_hello\n S alert:warning:unrecognized_name\n {FLIGHT} C fin")

    assert ("closed", "client") == (found.outcome, found.ending.side)


@pytest.mark.parametrize("close", ["fin", "rst"])
def test_an_alert_that_only_answers_a_close_is_not_the_reason(handshake, close):
    found = handshake(f"C client_hello\n {FLIGHT} S {close}\n C alert:fatal:internal_error")

    assert ({"fin": "closed", "rst": "reset"}[close], "server") == (
        found.outcome,
        found.ending.side,
    )


def test_an_alert_in_the_packet_of_its_own_fin_is_the_reason(handshake):
    found = handshake("C client_hello\n S alert:fatal:handshake_failure fin")

    assert ("alerted", "handshake_failure") == (found.outcome, found.ending.decisive.name)


def test_of_two_alerts_the_first_is_the_reason(handshake):
    found = handshake(
        f"C client_hello\n {FLIGHT} C alert:fatal:unknown_ca\n S alert:fatal:internal_error"
    )

    assert "unknown_ca" == found.ending.decisive.name


@pytest.mark.parametrize("level", ["warning", "fatal"])
def test_close_notify_is_a_close(handshake, level):
    found = handshake(f"C client_hello\n S alert:{level}:close_notify fin")

    assert ("closed", "client_hello") == ending(found)


def test_without_a_client_hello_a_readable_alert_still_ends_it(handshake):
    found = handshake("S syn_ack\n S alert:fatal:handshake_failure", opened=False)

    assert ("alerted", "client_hello") == ending(found)


# --- reset, closed ----------------------------------------------------------------------------------------------------

CLOSED = [
    ("", "client_hello", "server"),
    ("C client_hello \n", "client_hello", "server"),
    ("C client_hello \n" + FLIGHT, "key_exchange", "server"),
    (
        "C client_hello \n" + FLIGHT + "C client_key_exchange ccs finished:40 \n",
        "finished",
        "server",
    ),
    ("C client_hello \n S server_hello ccs finished:40 \n", "finished", "client"),
    ("", "client_hello", "client"),
    ("C client_hello \n", "server_hello", "client"),
    ("C client_hello \n S server_hello \n", "server_hello", "server"),
    ("C client_hello \n S server_hello \n", "server_hello", "client"),
    ("C client_hello \n S server_hello certificate \n", "certificate", "client"),
    ("C client_hello \n S server_hello_sha256 ccs data:32 data:800 \n", "certificate", "client"),
]


@pytest.mark.parametrize("close, outcome", [("fin", "closed"), ("rst", "reset")])
@pytest.mark.parametrize(
    "script, step, side", CLOSED, ids=[" ".join((*s.split(), side)) for s, _, side in CLOSED]
)
def test_who_closes_in_the_middle_ends_it(handshake, script, step, side, close, outcome):
    found = handshake(f"{script} {side[0].upper()} {close}")

    assert (outcome, step, side) == (*ending(found), found.ending.side)


@pytest.mark.parametrize("version", ["server_hello", "server_hello_sha256"])
def test_who_leaves_at_the_sight_of_a_flight_has_not_looked_at_it(handshake, version, monkeypatch):
    """Packets of a script come a millisecond apart."""
    monkeypatch.setattr(outcome, "THINKING_NS", 2_000_000)
    flight = f"S {version} certificate ccs data:32 data:800"

    assert ("closed", "server_hello") == ending(handshake(f"C client_hello\n {flight}\n C fin"))


def test_an_answer_of_the_client_takes_the_way_to_it_and_back(flow):
    """At the server's side that is the round trip, at the client's nothing."""
    near, far = flow("C"), flow("C")
    near.rtt_ns, far.rtt_ns = 1_000_000, 101_000_000  # SYN and its answer are a millisecond apart

    assert (0, 100_000_000) == (outcome.client_leg_ns(near), outcome.client_leg_ns(far))


def test_of_two_closes_the_first_ends_it(handshake):
    found = handshake("C client_hello\n S fin\n C rst")

    assert ("closed", "server") == (found.outcome, found.ending.side)


# --- silent -----------------------------------------------------------------------------------------------------------

SILENT = [
    ("+3", "client_hello"),  # connected, and nothing more
    ("+3 S fin", "client_hello"),
    ("C client_hello \n S \n +3", "server_hello"),
    ("C client_hello \n +3", "client_hello"),  # never acknowledged
    ("C client_hello \n +3 C fin", "server_hello"),
    ("C client_hello \n +3 C rst", "server_hello"),
    ("C client_hello \n" + FLIGHT + "C \n +3", "key_exchange"),
    ("C client_hello \n" + FLIGHT + "+3", "server_hello"),  # never acknowledged
    ("C client_hello \n" + FLIGHT + "+60 S fin", "key_exchange"),
    ("C client_hello \n S server_hello ccs finished:40 \n C \n +3", "finished"),
    ("C client_hello \n" + FLIGHT + "C client_key_exchange ccs finished:40 \n +3", "finished"),
    ("C client_hello \n S server_hello_sha256 ccs data:32 data:800 \n C \n +3", "certificate"),
    ("C client_hello \n S server_hello \n +3 C fin", "server_hello"),  # and nothing after it
    (
        "C client_hello blackholed \n +.3 C again blackholed \n +.6 C again blackholed",
        "client_hello",
    ),
]


@pytest.mark.parametrize(
    "script, step", SILENT, ids=[" ".join(script.split()) for script, _ in SILENT]
)
def test_who_owes_an_answer_for_too_long_is_silent(handshake, script, step):
    assert ("silent", step) == ending(handshake(script))


def test_a_slow_answer_is_no_silence(handshake, tls12):
    hello, rest = tls12.split("\n    S", 1)

    assert "completed" == handshake(f"{hello}\n +5 S{rest}").outcome


def test_a_server_that_closes_late_with_the_answer_still_owed_by_itself_closed(handshake):
    """It took three seconds to decide that it dislikes the hello."""
    assert ("closed", "client_hello") == ending(handshake("C client_hello\n +3 S fin"))


# --- refused ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "script",
    ["C syn\n S rst", "C syn\n +1 C syn\n +2 C syn", "C syn\n +3", "C syn\n +1 C syn\n C rst"],
)
def test_a_connection_that_did_not_come_to_be_was_refused(handshake, script):
    assert ("refused", "tcp_connect") == ending(handshake(script, opened=False))


def test_a_syn_at_the_end_of_the_capture_was_not_refused(handshake):
    assert ("cut", "tcp_connect") == ending(handshake("C syn", opened=False))


def test_a_connection_of_which_only_the_answers_are_missing_was_not_refused(handshake):
    """Only the client's packets are in the capture."""
    assert "cut" == handshake("C syn\n C client_hello\n +9", opened=False).outcome


# --- not_tls ----------------------------------------------------------------------------------------------------------


def test_a_server_that_answers_in_another_tongue_does_not_speak_tls(handshake):
    assert ("not_tls", "server_hello") == ending(handshake("C client_hello\n S text:HTTP/1.1 fin"))


@pytest.mark.parametrize("answer", ["text:HTTP/1.1", "alert:fatal:unexpected_message fin"])
def test_a_client_that_speaks_another_tongue_does_not_speak_tls(handshake, answer):
    assert ("not_tls", "client_hello") == ending(handshake(f"C text:GET\n S {answer}"))


def test_a_prelude_before_tls_is_no_foreign_tongue(handshake, tls12):
    talk = f"S text:220\n C text:STARTTLS\n S text:220\n {tls12}"

    assert ("completed", "application_data") == ending(handshake(talk))


def test_after_a_prelude_an_alert_in_answer_to_the_hello_is_an_alert(handshake):
    talk = "S text:220\n C text:STARTTLS\n S text:220\n C client_hello\n S alert:fatal:handshake_failure"

    assert ("alerted", "client_hello") == ending(handshake(talk))


# --- cut --------------------------------------------------------------------------------------------------------------

CUT = [
    "",
    "C client_hello",
    "C client_hello \n S server_hello",
    "C client_hello \n" + FLIGHT,
    "C client_hello \n S server_hello_sha256 ccs data:32 data:800",
    "C client_hello snap:60 \n S server_hello certificate server_hello_done snap:60 \n C fin",
]


@pytest.mark.parametrize("script", CUT, ids=[" ".join(script.split()) for script in CUT])
def test_a_capture_that_ends_too_early_cuts(handshake, script):
    assert "cut" == handshake(script).outcome


@pytest.mark.parametrize(
    "script",
    [
        "C text:GET \n S text:HTTP/1.1 \n C fin",
        "S certificate \n S fin",
        "C finished:40 \n S alert:26 fin",
    ],
)
def test_a_capture_that_begins_in_the_middle_cuts(handshake, script):
    assert "cut" == handshake(script, opened=False).outcome


def test_data_in_a_capture_that_begins_in_the_middle_shows_that_it_was_through(handshake):
    found = handshake("C data:100\n S data:900\n C fin", opened=False)

    assert ("completed", "application_data") == ending(found)


@pytest.mark.parametrize("side", ["C", "S"])
def test_one_side_alone_is_never_a_failure(handshake, tls12, side):
    mine = "\n".join(line for line in tls12.splitlines() if line.strip().startswith(side))
    syn = {"C": "C syn\n", "S": "S syn_ack\n"}[side]
    before = mine.replace("ccs", "").replace("finished:40", "")

    assert "cut" == handshake(f"{syn}{before}\n +9 {side} fin", opened=False).outcome
    assert "completed" == handshake(f"{syn}{mine}\n {side} data:50 fin", opened=False).outcome


def test_a_packet_that_only_the_capture_lost_is_no_failure(handshake, tls12):
    """The server's flight was acknowledged; so it arrived."""
    found = handshake(f"C client_hello\n {FLIGHT.strip()} lost\n C client_key_exchange\n S fin")

    assert "cut" == found.outcome


def test_a_gap_does_not_hide_that_it_was_through(handshake, tls12):
    found = handshake(tls12.replace("server_hello_done", "server_hello_done lost") + "C data:50")

    assert "completed" == found.outcome


# --- Renegotiation ----------------------------------------------------------------------------------------------------


def test_a_renegotiation_is_another_handshake(handshakes, tls12):
    first, second = handshakes(
        tls12
        + """
        C hidden:200
        S hidden:2000
        C hidden:100 ccs hidden:40
        S ccs hidden:40
        C data:100
    """
    )

    assert (("completed", "application_data"), 7) == (ending(first), first.ending.packet)
    assert (("completed", "application_data"), 11) == (ending(second), second.ending.packet)


@pytest.mark.parametrize(
    "script, outcome, step",
    [
        ("S alert:26 fin", "alerted", "client_hello"),
        ("S fin", "closed", "client_hello"),
        ("C fin", "closed", "server_hello"),
        ("+3", "silent", "server_hello"),
        ("S hidden:2000\n C alert:26", "alerted", "server_hello"),
        ("", "cut", "server_hello"),
    ],
)
def test_a_renegotiation_fails_like_a_handshake(handshakes, tls12, script, outcome, step):
    first, second = handshakes(tls12 + "C hidden:200\n" + script)

    assert "completed" == first.outcome
    assert (outcome, step) == ending(second)


def test_a_hello_request_that_is_ignored_is_no_handshake(handshakes, tls12):
    """RFC 5246 section 7.4.1.1: the client may go on without an answer."""
    (only,) = handshakes(tls12 + "S hidden:24\n C data:100\n S data:300\n C alert:26 fin")

    assert ("completed", "application_data") == ending(only)


def test_messages_of_the_last_flight_are_no_renegotiation(handshakes):
    """Chrome once sent NextProtocol before its Finished, after that of the server."""
    (only,) = handshakes(
        "C client_hello\n S server_hello ccs hidden:40\n C ccs hidden:60 hidden:40"
    )

    assert "completed" == only.outcome


# --- Before TLS -------------------------------------------------------------------------------------------------------


def say(*lines: str) -> str:
    return "hex:" + "".join(f"{line}\r\n" for line in lines).encode().hex()


STLS = f"S {say('+OK ready')}\n C {say('STLS')}\n"
NO, YES = f"S {say('-ERR no')}\n", f"S {say('+OK go on')}\n"
CONNECT = f"C {say('CONNECT a.test:443 HTTP/1.1', '')}\n"


@pytest.mark.parametrize(
    "script, outcome, step",
    [
        # refused, and then ...
        (STLS + NO + "C fin\n S fin", "closed", "prelude"),
        (STLS + NO + "C rst", "reset", "prelude"),
        (STLS + NO, "not_tls", "prelude"),
        (STLS + NO + f"C {say('USER a')}\n S fin", "not_tls", "prelude"),
        (STLS + NO + f"C client_hello\n S {say('-ERR what?')} fin", "not_tls", "prelude"),
        (CONNECT + f"S {say('HTTP/1.1 503 No', '')}\n S fin", "closed", "prelude"),
        # not answered
        (STLS + "S fin", "closed", "prelude"),
        (STLS + "S rst", "reset", "prelude"),
        (STLS + "+5 C fin", "silent", "prelude"),
        (STLS + "+5", "silent", "prelude"),
        (STLS, "cut", "prelude"),
        (CONNECT + "+5", "silent", "prelude"),
        # granted, and not begun
        (STLS + YES + "C fin", "closed", "client_hello"),
        (STLS + YES + "+5", "silent", "client_hello"),
        (STLS + YES + "+5 S fin", "silent", "client_hello"),
        (CONNECT + f"S {say('HTTP/1.1 200 OK', '')}\n C fin", "closed", "client_hello"),
        # something else through the tunnel
        (
            CONNECT + f"S {say('HTTP/1.1 200 OK', '')}\n C {say('SSH-2.0-x')}\n S fin",
            "not_tls",
            "client_hello",
        ),
        # granted, and begun: as without a prelude
        (STLS + YES + "C client_hello\n S fin", "closed", "client_hello"),
        (
            STLS + YES + "C client_hello\n S alert:fatal:handshake_failure",
            "alerted",
            "client_hello",
        ),
    ],
)
def test_what_happens_before_tls_ends_the_handshake(handshake, script, outcome, step):
    assert (outcome, step) == ending(handshake(script))


def test_after_starttls_the_handshake_is_like_any_other(handshake, tls13):
    assert "completed" == handshake(STLS + YES + tls13 + "C data:100\n S data:300").outcome


def test_it_is_the_server_that_ends_a_handshake_by_its_no(handshake):
    ended = handshake(STLS + NO + "C fin").ending

    assert ("server", "starttls_refused", 6) == (ended.side, ended.decisive.name, ended.packet)


@pytest.mark.parametrize(
    "late, outcome", [("", "rejected"), ("+0.4", "rejected"), ("+0.6", "completed")]
)
def test_who_leaves_late_has_not_refused(handshake, tls13, late, outcome):
    assert outcome == handshake(tls13 + f"{late} C data:19 fin").outcome


@pytest.mark.parametrize(
    "error", ["icmp_host_unreachable", "icmp_port_unreachable", "icmp_admin_prohibited"]
)
def test_a_request_that_icmp_answers_is_refused_at_once(handshake, error):
    found = handshake(f"C syn\n S {error}", opened=False)

    assert ("refused", "tcp_connect") == ending(found)
    assert error == found.ending.decisive.name


def test_a_router_that_answers_once_does_not_refuse_what_is_let_in_later(handshake, tls13):
    found = handshake("C syn\n S icmp_host_unreachable\n C syn\n S syn_ack\n" + tls13, opened=False)

    assert "completed" == found.outcome


def test_a_router_is_no_side_that_was_captured(handshake):
    """Only the client's packets are there; what a router says of one does not make it two sides."""
    script = "C client_hello\n S icmp_fragmentation_needed mtu:1280\n C again\n C fin"

    assert "cut" == handshake(script, opened=False).outcome


# --- What the capture does not show -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("S syn_ack \n S server_hello_sha256 ccs data:32 data:19 fin", id="one side"),
        pytest.param(
            "C syn \n S syn_ack \n C client_hello \n S server_hello_sha256 ccs data:32 data:800 \n"
            "C text:finished lost \n S data:300 \n S data:19 fin",
            id="a packet of the client is missing",
        ),
    ],
)
def test_an_encrypted_alert_may_be_the_polite_end_of_what_is_not_shown(handshake, script):
    assert "cut" == handshake(script, opened=False).outcome


@pytest.mark.parametrize(
    "script, step",
    [
        ("C client_hello \n C alert:fatal:unknown_ca", "certificate"),
        ("C client_hello \n S server_hello \n C alert:fatal:unknown_ca", "certificate"),
        ("S server_hello certificate \n S alert:fatal:bad_certificate", "client_certificate"),
    ],
)
def test_an_alert_about_a_certificate_tells_of_one_that_is_not_shown(handshake, script, step):
    assert ("alerted", step) == ending(handshake(script))


@pytest.mark.parametrize(
    "script, opened, partial",
    [
        ("C client_hello \n S alert:fatal:handshake_failure", True, False),
        ("S server_hello \n C alert:fatal:unknown_ca", False, True),
        ("C syn \n C client_hello \n C alert:fatal:unknown_ca", False, True),
        (
            "C client_hello \n S server_hello lost \n C alert:fatal:illegal_parameter",
            True,
            True,
        ),
    ],
)
def test_a_failure_of_which_something_is_missing_says_so(handshake, script, opened, partial):
    assert partial is handshake(script, opened=opened).ending.partial


HALF = "hex:160301020001"
"""The beginning of a record with a ClientHello, of which the rest does not come."""


@pytest.mark.parametrize(
    "script, outcome",
    [
        (f"C {HALF} \n S rst", "reset"),
        (f"C {HALF} \n S \n +3", "silent"),
        (f"C {HALF} \n", "cut"),
        (f"C {HALF} snap:3 \n S rst", "cut"),
    ],
)
def test_half_a_hello_is_tls_all_the_same(handshake, script, outcome):
    assert (outcome, "client_hello") == ending(handshake(script))


def test_who_begins_with_bytes_that_are_missing_may_have_begun_with_tls(handshake):
    found = handshake("C client_hello lost \n C text:rest \n S rst")

    assert "cut" == found.outcome


def test_segments_after_a_gap_are_not_an_answer_in_another_protocol(handshake):
    found = handshake("""
        C client_hello
        S server_hello certificate lost
        S text:rest_of_a_certificate
        S text:more_of_it
        C
        C fin
    """)

    assert "not_tls" != found.outcome


def test_a_connection_that_shows_hellos_alone_has_passed_a_filter(handshake):
    """Who keeps only the packets with hellos in them has not seen silence."""
    found = handshake("C client_hello \n S server_hello_sha256 \n +60", opened=False)

    assert "cut" == found.outcome


def test_what_is_sent_again_is_silence_without_the_beginning_too(handshake):
    found = handshake(
        "C client_hello \n S server_hello certificate \n +1 S again \n +2 S again", opened=False
    )

    assert "silent" == found.outcome


def test_who_sends_heartbeats_has_not_left_without_a_word(handshake, tls12):
    heartbeat = "hex:1803030003010101"
    exchange = tls12.partition("C data")[0]

    assert "rejected" == handshake(f"{exchange} \n C fin").outcome
    assert "completed" == handshake(f"{exchange} \n C {heartbeat} \n C fin").outcome


def test_without_times_nobody_can_say_who_left_at_once(flow, tls12):
    """Then a client that closes in the end has done what they all do."""
    timeless = flow(tls12.partition("C data")[0] + "C fin")
    timeless.milestones = [milestone._replace(time_ns=0) for milestone in timeless.milestones]
    timeless.start_ns = timeless.end_ns = 0

    assert "completed" == build_handshakes(timeless)[-1].outcome

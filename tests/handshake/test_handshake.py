"""What a handshake says of itself."""

from __future__ import annotations

import time

import pytest

from tlsparse.handshake.handshake import build_handshakes
from tlsparse.handshake.order import MOST_RECORDS
from tlsparse.tls.certificate import Certificate


def test_client_and_server_are_endpoints(handshake, tls12):
    found = handshake(tls12)

    assert ("192.0.2.1:50000", "192.0.2.2:443") == (str(found.client), str(found.server))


def test_what_was_agreed_on_in_tls12_is_read_off_the_messages(handshake, tls12):
    found = handshake(tls12)

    assert "server.test" == found.server_name
    assert "TLS 1.2" == str(found.version)
    assert "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" == str(found.cipher_suite)
    assert "x25519" == str(found.group)
    assert "rsa_pkcs1_sha256" == str(found.signature_scheme)
    assert (False, False, False, False) == (
        found.resumed,
        found.client_auth,
        found.hello_retry,
        found.early_data,
    )
    assert {"server": (b"\x30\x01\x00",)} == found.certificates


def test_what_is_hidden_in_tls13_is_not_known(handshake, tls13):
    found = handshake(tls13)

    assert "TLS 1.3" == str(found.version)
    assert (None, None, None) == (found.client_auth, found.alpn, found.signature_scheme)
    assert {} == found.certificates


def test_of_a_connection_without_tls_nothing_is_known(handshake):
    found = handshake("C syn\n S rst", opened=False)

    names = (
        "server_name",
        "version",
        "cipher_suite",
        "group",
        "alpn",
        "resumed",
        "early_data",
        "ja4",
    )
    assert [None] * len(names) == [getattr(found, name) for name in names]
    assert found.ja3 is None
    assert found.ja3s is None


@pytest.mark.parametrize(
    "flight, resumed",
    [
        ("server_hello ccs finished:40", True),
        ("server_hello new_session_ticket ccs finished:40", True),
        ("server_hello certificate server_hello_done", False),
        ("server_hello", None),
        ("server_hello_sha256", False),
    ],
)
def test_a_session_is_resumed_without_a_certificate(handshake, flight, resumed):
    assert resumed is handshake(f"C client_hello\n S {flight}").resumed


@pytest.mark.parametrize(
    "flight, asked",
    [
        ("server_hello certificate certificate_request server_hello_done", True),
        ("server_hello certificate server_hello_done", False),
        ("server_hello ccs finished:40", False),
        ("server_hello certificate", None),
    ],
)
def test_a_client_certificate_is_asked_for_before_server_hello_done(handshake, flight, asked):
    assert asked is handshake(f"C client_hello\n S {flight}").client_auth


def test_early_data_is_what_the_hello_announces(handshake):
    assert handshake("C client_hello_early").early_data


def test_the_hello_of_a_handshake_is_its_first(handshake):
    found = handshake(
        "C client_hello\n S retry ccs\n C ccs client_hello_early\n S server_hello_sha256"
    )

    assert not found.early_data
    assert "server_hello" == found.first("server_hello").name
    assert not found.server_hello.is_hello_retry_request


def test_events_are_found_by_name_kind_and_sender(handshake, tls12):
    found = handshake(tls12 + "C alert:26")

    assert [6, 7] == [e.packet for e in found.all("change_cipher_spec")]
    assert [7] == [e.packet for e in found.all("change_cipher_spec", "server")]
    assert [8] == [e.packet for e in found.all("alert")]
    assert found.first("finished") is None
    assert found.body(Certificate, "client") is None


def test_bytes_that_were_not_acknowledged_are_counted(handshake, play):
    sent = play("C client_hello").sent[0]

    assert (sent, 0) == tuple(
        handshake("C client_hello blackholed").unacknowledged(side) for side in ("client", "server")
    )


def test_acknowledged_bytes_are_not_counted(handshake):
    assert 0 == handshake("C client_hello\n S").unacknowledged("client")


def test_where_no_acknowledgment_was_captured_none_is_missed(handshake):
    found = handshake("C syn\n C client_hello", opened=False)

    assert 0 == found.unacknowledged("client")


@pytest.mark.parametrize(
    "script, story",
    [
        ("{tls12}", "CsxknGIZiz"),
        ("{tls13} C data:100 data:100 \n S data:300 \n C data:19 fin", "CsizzzzIZDdL$"),
        ("C client_hello \n S retry ccs \n C ccs client_hello", "CjiIC"),
        ("C client_hello \n S alert:fatal:handshake_failure rst", "Cl!"),
        ("C client_hello \n S certificate lost \n S server_hello_done", "C?n"),
        ("C client_hello \n S hex:160303000463000000", "Cq"),
        ("", ""),
    ],
)
def test_a_story_has_a_letter_for_each_event(handshake, tls12, tls13, script, story):
    script = script.replace("{tls12}", tls12).replace("{tls13}", tls13)

    assert story.replace("?", "") == handshake(script).story.replace("?", "")
    assert story.count("?") == handshake(script).story.count("?")


def test_it_lasts_from_the_first_packet_to_what_decided_it(handshake, tls12):
    """Packets come a millisecond apart; the seventh completed it."""
    found = handshake(tls12 + "+9 C data:50")

    assert 6_000_000 == found.end_ns - found.start_ns


def test_a_renegotiation_lasts_from_its_own_first_message(handshakes, tls12):
    first, second = handshakes(
        tls12 + "C data:50\n C hidden:200\n S hidden:900 ccs hidden:40\n C ccs hidden:40"
    )

    assert (0, 1) == (first.order, second.order)
    assert [9, 10, 11] == sorted({event.packet for event in second.events})
    assert 2_000_000 == second.end_ns - second.start_ns


def test_what_was_cut_has_no_end(handshake):
    assert handshake("C client_hello").end_ns is None


def test_tls13_has_no_renegotiation(handshakes, tls13):
    """A ticket in clear is nonsense there, and still no new handshake."""
    assert 1 == len(handshakes(tls13 + "S new_session_ticket\n C client_hello"))


def test_in_one_sided_captures_there_is_no_renegotiation_to_see(handshakes):
    script = "C syn\n C client_hello\n C client_key_exchange ccs finished:40\n C hidden:200"

    assert 1 == len(handshakes(script, opened=False))


def test_many_renegotiations_with_holes_between_are_told_apart_in_linear_time(play, record, tls12):
    """What a hostile client might send: five bytes missing before each packet, a new handshake in each."""
    talk = play(tls12)
    flight = record(22, bytes(4)) + record(20, b"\x01") + record(22, bytes(4))
    for _ in range(8_000):
        for side in (0, 1):
            talk.sent[side] += 5
            talk.line(["CS"[side], f"hex:{flight.hex()}"])
    flow = talk.flow()
    begun = time.process_time()

    found = build_handshakes(flow)

    assert MOST_RECORDS // 3 == len(found)  # three records each; the rest is not told
    assert 2.5 > time.process_time() - begun

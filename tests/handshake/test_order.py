"""Both sides of a flow in one line: what is readable, what is not, and in which packet it became so."""

from __future__ import annotations

import pytest

from tlsparse.handshake.event import Event, Line
from tlsparse.handshake.order import is_tls13, read_line, sender_of
from tlsparse.handshake.speech import listen
from tlsparse.tls.certificate import Certificate
from tlsparse.tls.codes import ProtocolVersion


@pytest.fixture
def line(flow):
    def read(script: str, **how: bool) -> Line:
        talk = flow(script, **how)
        return read_line(talk, listen(talk))

    return read


def said(line: Line) -> list[str]:
    """Name what was said, with the initial of who said it."""
    return [f"{e.sender[0]} {e.name}" for e in line.events if e.kind != "transport"]


def only(line: Line, name: str) -> Event:
    (event,) = (e for e in line.events if e.name == name)
    return event


def test_a_tls12_handshake_is_read_in_order(line, tls12):
    found = line(tls12)

    assert [
        "c client_hello",
        "s server_hello",
        "s certificate",
        "s server_key_exchange",
        "s server_hello_done",
        "c client_key_exchange",
        "c change_cipher_spec",
        "c encrypted",
        "s change_cipher_spec",
        "s encrypted",
    ] == said(found)
    assert [] == found.troubles


def test_what_tcp_did_stands_between(line):
    found = line("C client_hello\n S rst")

    assert ["syn", "syn_ack", "client_hello", "rst"] == [e.name for e in found.events]
    assert [1, 2, 4, 5] == [e.packet for e in found.events]


def test_in_tls13_change_cipher_spec_hides_nothing(line):
    """After a HelloRetryRequest the client sends that record, and then its second ClientHello."""
    found = line("""
        C client_hello
        S retry ccs
        C ccs client_hello
        S server_hello_sha256 data:32
    """)

    assert [
        "c client_hello",
        "s hello_retry_request",
        "s change_cipher_spec",
        "c change_cipher_spec",
        "c client_hello",
        "s server_hello",
        "s encrypted",
    ] == said(found)


def test_without_the_servers_side_a_second_client_hello_is_still_readable(line):
    found = line("C syn\n C client_hello\n C ccs client_hello\n C ccs data:53", opened=False)

    assert 2 == said(found).count("c client_hello")


def test_without_the_servers_side_a_finished_after_change_cipher_spec_is_opaque(line):
    found = line("C syn\n C client_hello\n C client_key_exchange ccs finished:40", opened=False)

    assert "c encrypted" == said(found)[-1]


def test_an_experiment_of_tls13_has_the_order_of_tls13(line):
    """0x7a12 was draft 18 under another number."""
    found = line("C client_hello\n S server_hello_experiment ccs data:32\n C data:53")

    assert ["s encrypted", "c encrypted"] == said(found)[-2:]


FINISHED_IN_CLEAR = "hex:1603030024" + "1400000c" + "00" * 12 + "bb" * 20
"""A record of 36 bytes: Finished with its 12 bytes, and the MAC of SHA-1, 20."""


def test_a_suite_without_cipher_is_readable_after_change_cipher_spec(line):
    found = line(f"""
        C client_hello
        S server_hello_null certificate server_hello_done
        C ccs {FINISHED_IN_CLEAR}
        S ccs {FINISHED_IN_CLEAR}
    """)

    assert ["c finished", "s change_cipher_spec", "s finished"] == said(found)[-3:]
    assert [12, 12] == [e.length for e in found.events if e.name == "finished"]
    assert [] == found.troubles


def test_an_alert_of_a_suite_without_cipher_is_readable_after_change_cipher_spec(line):
    alert = "hex:1503030016" + "0230" + "bb" * 20  # fatal unknown_ca, and the MAC
    found = line(f"C client_hello\n S server_hello_null certificate\n C ccs {alert}")

    assert "c unknown_ca" == said(found)[-1]
    assert "fatal" == found.events[-1].level


def test_a_record_shorter_than_the_mac_has_no_message(line):
    found = line("C client_hello\n S server_hello_null ccs hidden:5 hidden:0\n C ccs hidden:20")

    assert "c change_cipher_spec" == said(found)[-1]


# --- When did it become readable? -------------------------------------------------------------------------------------


def test_a_message_belongs_to_the_packet_that_completed_its_record(line):
    """A ServerHelloDone of nine bytes, cut into three packets."""
    found = line("C client_hello\n S server_hello hex:16030300\n S hex:040e\n S hex:000000")

    assert 7 == only(found, "server_hello_done").packet


def test_a_message_that_spans_records_belongs_to_the_last_of_them(line):
    found = line("C client_hello\n S hex:16030300020e00\n S hex:16030300020000")

    assert (6, 0) == (
        only(found, "server_hello_done").packet,
        only(found, "server_hello_done").length,
    )


def test_records_have_the_packets_in_which_they_ended(line, tls13):
    found = line(tls13)

    assert [4, 5, 5, 5, 5, 5, 5, 6, 6] == [r.packet for r in found.records]
    assert [22, 22, 20, 23, 23, 23, 23, 20, 23] == [r.content_type for r in found.records]


def test_records_that_passed_by_are_data_at_the_end(play, tls13):
    talk = play(tls13 + "C data:100")
    talk.pass_by(1, 16401)
    flow = talk.flow()
    found = read_line(flow, listen(flow))

    last = found.events[-1]
    assert ("server", "data", 8, 16401) == (last.sender, last.kind, last.packet, last.length)
    assert (8, 23, 16401) == (found.records[-1].packet, found.records[-1].content_type, 16401)


# --- What is missing --------------------------------------------------------------------------------------------------


def test_a_repeated_packet_is_a_retransmission_and_no_second_message(line):
    found = line("C client_hello\n C again")

    assert 1 == said(found).count("c client_hello")
    assert 5 == only(found, "retransmission").packet


def test_a_lost_packet_is_a_gap(line):
    found = line("C client_hello\n S server_hello\n S certificate lost\n S server_hello_done")

    gap = only(found, "gap")
    assert ("server", 18) == (gap.sender, gap.length)
    assert "s server_hello_done" == said(found)[-1]


def test_a_message_that_a_hole_cut_does_not_swallow_the_next(line):
    """The first half of a Certificate; the record with the other half is lost; then ChangeCipherSpec, Finished."""
    found = line("""
        C client_hello
        S server_hello hex:16030300060b0000090000
        S hex:1603030007060000 hex:0330010000 lost
        S ccs finished:40
    """)

    assert ["s server_hello", "s change_cipher_spec", "s encrypted"] == said(found)[1:]
    assert ["server: bytes of a handshake message are missing"] == [t.text for t in found.troubles]


@pytest.mark.parametrize("word", ["data:100", "alert:fatal:unknown_ca", "ccs"])
def test_a_record_that_the_capture_has_only_the_head_of_is_no_event(line, play, word):
    whole = play(f"C client_hello\n S {word}").segments[1][-1].data
    found = line(f"C client_hello\n S server_hello hex:{whole[:-1].hex()}")

    assert ["c client_hello", "s server_hello"] == said(found)
    assert ["server: the capture ends inside a record"] == [t.text for t in found.troubles]


def test_a_message_that_the_capture_has_only_the_head_of_is_told_of(line):
    found = line("C client_hello\n S hex:16030300200b00001c0000")

    assert ["c client_hello"] == said(found)
    assert ["server: bytes of a handshake message are missing"] == [t.text for t in found.troubles]


def test_a_message_that_cannot_be_decoded_is_an_event_and_a_trouble(line):
    """A Certificate whose list is longer than the message."""
    found = line("C client_hello\n S server_hello hex:16030300070b000003ffffff")

    assert only(found, "certificate").body is None
    assert 5 == found.troubles[0].packet
    assert "server: certificate.certificate_list" in found.troubles[0].text


def test_an_unknown_type_of_message_is_an_event(line):
    assert "s unknown_0x63" == said(line("C client_hello\n S hex:160303000463000000"))[-1]


def test_a_message_that_can_be_decoded_has_its_body(line, tls12):
    body = only(line(tls12), "certificate").body

    assert isinstance(body, Certificate)
    assert (b"\x30\x01\x00",) == body.certificates


# --- Alerts -----------------------------------------------------------------------------------------------------------


def test_an_alert_of_two_bytes_is_readable(line):
    alert = only(line("C client_hello\n S alert:fatal:handshake_failure"), "handshake_failure")

    assert ("alert", "fatal", False, False) == (
        alert.kind,
        alert.level,
        alert.encrypted,
        alert.inferred,
    )


def test_an_alert_after_change_cipher_spec_is_encrypted(line, tls12):
    alert = line(tls12 + "C alert:26").events[-1]

    assert ("alert", "encrypted", "", True) == (
        alert.kind,
        alert.name,
        alert.level,
        alert.encrypted,
    )


def test_an_alert_of_two_bytes_is_readable_even_after_change_cipher_spec(line, tls13):
    """What is encrypted is longer. GnuTLS and others answer in clear while they have no keys to read with."""
    assert "s decrypt_error" == said(line(tls13 + "S alert:fatal:decrypt_error"))[-1]


def test_an_alert_of_unknown_description_is_readable(line):
    assert "s unknown_0xee" == said(line("C client_hello\n S hex:150303000202ee"))[-1]


# --- Odd beginnings ---------------------------------------------------------------------------------------------------


def test_a_hello_in_the_form_of_ssl2_is_a_client_hello(line):
    hello = "801c" + "01" + "0301" + "0003" + "0000" + "0010" + "000035" + "ab" * 16
    found = line(f"C hex:{hello}\n S server_hello certificate server_hello_done\n C ccs")

    assert ["c client_hello", "s server_hello"] == said(found)[:2]
    assert "c change_cipher_spec" == said(found)[-1]
    assert found.events[2].body.legacy_version == 0x0301


def test_a_hello_in_the_form_of_ssl2_that_is_cut_is_a_trouble(line):
    hello = "801c" + "01" + "0301" + "0003" + "0000" + "0010" + "000035" + "ab" * 5
    found = line(f"C hex:{hello}")

    assert ["c client_hello"] == said(found)
    assert 4 == found.troubles[0].packet


def test_the_line_of_a_flow_without_payload_is_what_tcp_did(line):
    assert ["syn", "syn_ack"] == [e.name for e in line("").events]


@pytest.mark.parametrize(
    "version, expected",
    [
        (0x0304, True),
        (0x7F17, True),
        (0x7A12, True),
        (0xFB17, True),
        (0x0303, False),
        (0x0300, False),
        (0x7A7A, False),
    ],
)
def test_tls13_is_known_under_all_its_numbers(version, expected):
    assert expected is is_tls13(ProtocolVersion(version))


def test_an_unknown_version_is_not_tls13():
    assert not is_tls13(None)


@pytest.mark.parametrize(
    "side, client, name", [(0, 0, "client"), (1, 0, "server"), (0, 1, "server")]
)
def test_an_endpoint_has_the_role_of_its_side(side, client, name):
    assert name == sender_of(side, client)


# --- Before TLS -------------------------------------------------------------------------------------------------------


def say(*lines: str) -> str:
    return "hex:" + "".join(f"{text}\r\n" for text in lines).encode().hex()


def test_who_asked_for_tls_and_what_was_answered_are_events(line):
    script = f"""
        S {say("+OK ready")}
        C {say("STLS")}
        S {say("-ERR not now")}
    """
    events = [e for e in line(script).events if e.name.startswith("starttls")]

    assert [
        ("starttls", "client", 5, "STLS"),
        ("starttls_refused", "server", 6, "-ERR not now"),
    ] == [(e.name, e.sender, e.packet, e.detail) for e in events]
    assert {"transport"} == {e.kind for e in events}


def test_a_tunnel_and_what_goes_through_it_are_events_in_order(line):
    script = f"""
        C {say("CONNECT mail.test:143 HTTP/1.1", "")}
        S {say("HTTP/1.1 200 OK", "")}
        S {say("* OK ready")}
        C {say("a STARTTLS")}
        S {say("a OK go on")}
        C client_hello
    """
    names = [e.name for e in line(script).events if e.packet > 3]

    assert ["tunnel", "tunnel_granted", "starttls", "starttls_granted", "client_hello"] == names

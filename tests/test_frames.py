"""Every table has the columns and types that others rely on, whatever the capture holds."""

from __future__ import annotations

import struct

import pandas as pd
import pytest

import tlsparse
from tlsparse.errors import UsageError
from tlsparse.frames import ROWS_AT_A_TIME, TABLES, Contents, Problem, find_table, frame

CONTRACT = {
    "flows": """flow transport client client_port server server_port start end packets rtt_ms
        retransmissions prelude closed_by close""",
    "handshakes": """handshake flow server_name version cipher_suite group signature_scheme alpn
        resumed client_auth hello_retry early_data outcome step duration_ms ja3 ja3s ja4
        client_stack server_stack story cause""",
    "messages": """handshake flow packet time elapsed_ms sender message length_bytes encrypted
        decrypted""",
    "alerts": "handshake flow packet time sender level description encrypted inferred",
    "records": "flow packet time sender content_type version length_bytes",
    "extensions": "handshake packet sender message position code name length_bytes value",
    "offers": "handshake kind rank code name chosen",
    "certificates": """handshake sender position sha256 subject issuer serial not_before not_after
        sans key_type key_bits signature_algorithm""",
    "events": "handshake flow packet time elapsed_ms sender kind name",
    "problems": "packet flow layer problem",
    "findings": """handshake flow cause severity confidence side step summary evidence fix
        wireshark_filter""",
    "patterns": """pattern title severity confidence side handshakes summary evidence fix
        wireshark_filter""",
}

TIMES = {"time", "start", "end", "not_before", "not_after"}
NUMBERS = {
    *("handshake", "flow", "packet", "packets", "client_port", "server_port", "position", "code"),
    *("rank", "length_bytes", "key_bits", "retransmissions", "rtt_ms", "elapsed_ms", "duration_ms"),
    "confidence",
}
TRUTHS = {
    *("resumed", "client_auth", "hello_retry", "early_data", "encrypted", "decrypted", "inferred"),
    "chosen",
}
LISTS = {"sans", "evidence", "handshakes"}

OUTCOMES = {
    *("completed", "rejected", "alerted", "reset", "closed", "silent", "refused", "not_tls", "cut")
}
STEPS = {
    *("tcp_connect", "prelude", "client_hello", "server_hello", "certificate"),
    *("certificate_request", "client_certificate", "key_exchange", "finished", "application_data"),
}

EMPTY = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)

each_table = pytest.mark.parametrize("name", CONTRACT)
every_kind = pytest.mark.parametrize(
    "file",
    [
        "a_busy_minute.pcap",
        "connection_refused.pcap",
        "hello_retry.pcap",
        "mutual_tls12.pcap",
        "no_server_name.pcap",
        "ocsp_stapling.pcap",
        "only_server_side.pcap",
        "plain_http_client.pcap",
        "renegotiation.pcap",
        "simple_packets.pcapng",
        "truncated_file.pcap",
    ],
)


@pytest.fixture(scope="module")
def empty():
    return tlsparse.read(EMPTY)


@pytest.fixture(scope="module")
def busy(captures):
    return tlsparse.read(captures / "a_busy_minute.pcap")


def types_of(frame: pd.DataFrame) -> dict[str, str]:
    return {column: str(dtype) for column, dtype in frame.dtypes.items()}


@each_table
def test_a_table_has_the_columns_that_others_rely_on(name):
    assert CONTRACT[name].split() == list(TABLES[name].columns)[: len(CONTRACT[name].split())]


def test_there_are_no_other_tables():
    assert list(CONTRACT) == list(TABLES)


@each_table
def test_an_empty_table_has_the_columns_and_types_of_a_full_one(name, empty, busy):
    nothing, full = getattr(empty, name), getattr(busy, name)

    assert nothing.empty
    assert types_of(full) == types_of(nothing)


@each_table
def test_columns_are_of_the_type_that_their_name_promises(name, empty):
    for column, dtype in getattr(empty, name).dtypes.items():
        if column in TIMES:
            assert "datetime64[ns, UTC]" == str(dtype), column
        elif column in NUMBERS:
            assert pd.api.types.is_numeric_dtype(dtype), column
        elif column in TRUTHS:
            assert "boolean" == str(dtype), column
        elif column in LISTS:
            assert "object" == str(dtype), column
        else:
            assert "string" == str(dtype), column


@every_kind
@each_table
def test_what_is_not_known_is_na_and_never_an_empty_text(name, file, captures):
    frame = getattr(tlsparse.read(captures / file), name)

    for column in frame.columns[frame.dtypes == "string"]:
        assert not frame[column].eq("").any(), column


@every_kind
def test_ids_count_from_0_in_order_of_first_packet(file, captures):
    capture = tlsparse.read(captures / file)
    first = capture.events.groupby("handshake")["packet"].min()

    assert list(range(len(capture.flows))) == list(capture.flows["flow"])
    assert list(range(len(capture.handshakes))) == list(capture.handshakes["handshake"])
    assert first.is_monotonic_increasing


@every_kind
def test_outcomes_and_steps_are_words_of_the_contract(file, captures):
    handshakes = tlsparse.read(captures / file).handshakes

    assert set(handshakes["outcome"]) <= OUTCOMES
    assert set(handshakes["step"].dropna()) <= STEPS


@every_kind
@each_table
def test_ids_lead_from_table_to_table(name, file, captures):
    capture = tlsparse.read(captures / file)
    frame = getattr(capture, name)

    for column, table in (("handshake", capture.handshakes), ("flow", capture.flows)):
        if column in frame:
            assert set(frame[column].dropna()) <= set(table[column])


def test_times_keep_their_nanoseconds(captures):
    """The capture's clock counts nanoseconds; a float would have lost the last two digits."""
    capture = tlsparse.read(captures / "nanoseconds.pcap")
    events = [event for _, handshake in capture.contents.each() for event in handshake.events]

    assert [event.time_ns for event in events] == capture.events["time"].astype("int64").tolist()
    assert any(event.time_ns % 1000 for event in events)


def test_packets_without_times_have_na_for_times_and_durations(captures):
    capture = tlsparse.read(captures / "simple_packets.pcapng")

    assert capture.flows["start"].isna().all()
    assert capture.messages["time"].isna().all()
    assert capture.messages["elapsed_ms"].isna().all()
    assert ["completed"] == list(capture.handshakes["outcome"])


def test_a_refused_connection_knows_nothing_of_tls(captures):
    handshakes = tlsparse.read(captures / "connection_refused.pcap").handshakes

    assert ["refused"] == list(handshakes["outcome"])
    for column in ("server_name", "version", "cipher_suite", "alpn", "ja3", "ja4", "resumed"):
        assert handshakes[column].isna().all(), column


def test_an_alert_that_cannot_be_read_has_no_description(captures):
    alerts = tlsparse.read(captures / "expired_tls13_gnutls.pcap").alerts

    hidden = alerts[alerts["encrypted"]]
    assert not hidden.empty
    assert hidden["description"].isna().all()


def test_offers_are_ranked_and_say_what_was_chosen(busy):
    offers = busy.offers.query("handshake == 1 and kind == 'version'")

    assert ["TLS 1.3", "TLS 1.2"] == list(offers["name"])[:2]
    assert list(range(len(offers))) == list(offers["rank"])
    assert [False, True] == list(offers["chosen"])[:2]


def test_what_was_chosen_is_na_where_no_server_answered(captures):
    offers = tlsparse.read(captures / "client_hello_blackholed.pcap").offers

    assert not offers.empty
    assert offers["chosen"].isna().all()


def test_evidence_is_a_list_of_packets(busy):
    evidence = busy.findings.query("handshake == 1")["evidence"].iloc[0]

    assert [24, 26] == evidence


def test_a_table_is_made_once(busy):
    assert busy.messages is busy.messages


def test_a_table_that_is_not_there_is_answered_with_those_that_are():
    with pytest.raises(UsageError, match=r"no table 'handshake'; there are flows, handshakes,"):
        find_table("handshake")


def test_an_empty_text_is_not_known_and_zero_is():
    row = frame("problems", Contents(problems=[Problem(None, 0, "", "x")])).iloc[0]

    assert [True, False, True, False] == list(row.isna())


def test_rows_are_in_order_however_many_there_are():
    count = 2 * ROWS_AT_A_TIME + 1
    contents = Contents(problems=[Problem(n, None, "tls", "x") for n in range(count)])

    assert list(range(count)) == list(frame("problems", contents)["packet"])

"""The diagnosis as JSON objects, one for each handshake."""

from __future__ import annotations

import json
import re

import pandas as pd
import pytest

import tlsparse
from tlsparse.frames import TABLES
from tlsparse.output import as_json, json_lines, rfc3339

RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z")


@pytest.fixture(scope="module")
def busy(captures):
    return tlsparse.read(captures / "a_busy_minute.pcap")


def test_a_json_object_has_the_keys_of_its_row_and_those_of_the_contract(busy):
    for row in as_json(busy.contents):
        assert [*TABLES["handshakes"].columns, "alerts", "findings"] == list(row)
        for name in ("alerts", "findings"):
            for entry in row[name]:
                assert list(TABLES[name].columns) == list(entry)


def test_json_says_the_same_as_the_tables(busy):
    for name, frame in (("alerts", busy.alerts), ("findings", busy.findings)):
        told = [entry for row in as_json(busy.contents) for entry in row[name]]

        assert frame["handshake"].tolist() == [entry["handshake"] for entry in told]
    for row, outcome, cause in zip(
        as_json(busy.contents), busy.handshakes["outcome"], busy.handshakes["cause"], strict=True
    ):
        assert outcome == row["outcome"]
        assert (None if pd.isna(cause) else cause) == row["cause"]


def test_json_names_client_and_server_with_their_ports(busy):
    first = next(as_json(busy.contents))

    assert ("192.0.2.10:42748", "192.0.2.80:443") == (first["client"], first["server"])


def test_an_ipv6_address_is_told_from_its_port(captures):
    row = next(as_json(tlsparse.read(captures / "ipv6.pcap").contents))

    assert re.fullmatch(r"\[[0-9a-f:]+\]:443", row["server"])


def test_times_in_json_are_rfc_3339_with_nanoseconds(busy):
    for row in as_json(busy.contents):
        for time in (row["start"], *(alert["time"] for alert in row["alerts"])):
            assert RFC3339.fullmatch(time)


def test_what_is_not_known_is_null_in_json(captures):
    (row,) = as_json(tlsparse.read(captures / "connection_refused.pcap").contents)

    assert row["server_name"] is None
    assert row["version"] is None
    assert [] == row["alerts"]


def test_json_of_packets_without_times_has_none(captures):
    (row,) = as_json(tlsparse.read(captures / "simple_packets.pcapng").contents)

    assert (None, None) == (row["start"], row["duration_ms"])


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    "name", ["a_busy_minute.pcap", "ipv6.pcap", "quic.pcap", "simple_packets.pcapng"]
)
def test_a_line_is_the_object_in_json(captures, name, lang):
    capture = tlsparse.read(captures / name, lang=lang)

    objects = [json.dumps(row) for row in as_json(capture.contents)]
    assert objects == [text for _, text in json_lines(capture.contents, lang).lines]


@pytest.mark.parametrize(
    ("time_ns", "text"),
    [
        (0, "1970-01-01T00:00:00.000000000Z"),
        (1_700_000_000_123_456_789, "2023-11-14T22:13:20.123456789Z"),
        (-1, "1969-12-31T23:59:59.999999999Z"),
        ((1 << 63) - 1, "2262-04-11T23:47:16.854775807Z"),
    ],
)
def test_a_time_has_all_its_nanoseconds(time_ns, text):
    assert text == rfc3339(time_ns)

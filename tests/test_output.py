"""What is printed: the diagnosis as text and as JSON, and tables in several formats."""

from __future__ import annotations

import csv
import io
import json
import re
import struct

import pandas as pd
import pytest

import tlsparse
from tlsparse.errors import MissingExtraError, UsageError
from tlsparse.frames import TABLES
from tlsparse.output import WIDTH, as_json, as_text, rfc3339, write_frame
from tlsparse.terminal import width

EMPTY = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z")


@pytest.fixture(scope="module")
def busy(captures):
    return tlsparse.read(captures / "a_busy_minute.pcap")


@pytest.fixture
def written(capsys):
    """Write a table to standard output, and return what came there."""

    def write(frame: pd.DataFrame, form: str) -> str:
        write_frame(frame, form, None)
        out, err = capsys.readouterr()
        assert "" == err
        return out

    return write


# --- Text -----------------------------------------------------------------------------------------


def test_each_failed_handshake_is_a_block(busy):
    headline, *blocks = as_text(busy).split("\n\n")

    assert busy.headline == headline
    assert ["x  #1", "x  #3", "x  #4", "x  #5"] == [block[:5] for block in blocks]


def test_a_block_says_where_why_and_what_to_do(busy):
    block = as_text(busy).split("\n\n")[1]

    assert "server.test" in block.splitlines()[0]
    assert "   alerted at certificate" == block.splitlines()[1]
    for words in ("certificate.expired", "packet 26", "Do: ", "Look: frame.number in {24, 26}"):
        assert words in block


def test_handshakes_that_completed_are_named_when_asked_for(busy):
    assert "#0" not in as_text(busy)
    assert re.search(r"^\+  #0 .* completed\n\+  #2 .* completed$", as_text(busy, every=True), re.M)


def test_handshakes_that_the_capture_cuts_are_marked_as_doubtful(captures):
    capture = tlsparse.read(captures / "ends_in_the_middle.pcap")

    assert capture.headline == as_text(capture)
    assert as_text(capture, every=True).splitlines()[-1].startswith("?  #0 ")


def test_a_capture_without_tls_says_so():
    assert "No TLS was seen" in as_text(tlsparse.read(EMPTY))


def test_everything_is_said_in_chinese(captures):
    capture = tlsparse.read(captures / "a_busy_minute.pcap", lang="zh")
    headline, block, *_ = as_text(capture, every=True).split("\n\n")

    assert headline.endswith(
        "a_busy_minute.pcap：65 个数据包、6 次握手（2 次完成、2 次告警终止、1 次连接被拒、1 次非 TLS）"
    )
    assert "   告警终止，止于服务器证书" == block.splitlines()[1]
    assert block.splitlines()[2].startswith("   certificate.expired  ")
    assert block.splitlines()[2].endswith("  需处理方：服务器")
    assert as_text(capture, every=True).endswith("  完成")
    assert as_text(tlsparse.read(EMPTY, lang="zh")).endswith("--all-flows 可列出每条 TCP 连接。")


def test_sentences_in_chinese_are_wrapped(captures):
    for block in as_text(tlsparse.read(captures / "a_busy_minute.pcap", lang="zh")).split("\n\n"):
        assert all(width(line) <= WIDTH for line in block.splitlines()[1:])


def test_columns_stand_under_their_headings_beside_chinese(written):
    frame = pd.DataFrame({"said": ["证书", "abc de"], "packet": [1, 2]})

    assert ["said    packet", "证书    1", "abc de  2"] == written(frame, "table").splitlines()


def test_sentences_are_wrapped(busy):
    for block in as_text(busy).split("\n\n")[1:]:
        assert all(len(line) <= WIDTH for line in block.splitlines()[1:])


def test_a_hostile_name_reaches_no_terminal(captures):
    data = (captures / "expired_tls12.pcap").read_bytes()
    capture = tlsparse.read(data.replace(b"server.test", b"\x1b[2J\x9b\xe2\x80\xae\x07\r\n"))

    text = as_text(capture)

    assert r"\x1b[2J" in text
    assert all(character.isprintable() or character == "\n" for character in text)


# --- JSON -----------------------------------------------------------------------------------------


def test_a_json_object_has_the_keys_of_its_row_and_those_of_the_contract(busy):
    for row in as_json(busy):
        assert [*TABLES["handshakes"].columns, "alerts", "findings"] == list(row)
        for name in ("alerts", "findings"):
            for entry in row[name]:
                assert list(TABLES[name].columns) == list(entry)


def test_json_says_the_same_as_the_tables(busy):
    for name, frame in (("alerts", busy.alerts), ("findings", busy.findings)):
        told = [entry for row in as_json(busy) for entry in row[name]]

        assert frame["handshake"].tolist() == [entry["handshake"] for entry in told]
    for row, outcome, cause in zip(
        as_json(busy), busy.handshakes["outcome"], busy.handshakes["cause"], strict=True
    ):
        assert outcome == row["outcome"]
        assert (None if pd.isna(cause) else cause) == row["cause"]


def test_json_names_client_and_server_with_their_ports(busy):
    first = next(as_json(busy))

    assert ("192.0.2.10:42748", "192.0.2.80:443") == (first["client"], first["server"])


def test_an_ipv6_address_is_told_from_its_port(captures):
    row = next(as_json(tlsparse.read(captures / "ipv6.pcap")))

    assert re.fullmatch(r"\[[0-9a-f:]+\]:443", row["server"])


def test_times_in_json_are_rfc_3339_with_nanoseconds(busy):
    for row in as_json(busy):
        for time in (row["start"], *(alert["time"] for alert in row["alerts"])):
            assert RFC3339.fullmatch(time)


def test_what_is_not_known_is_null_in_json(captures):
    (row,) = as_json(tlsparse.read(captures / "connection_refused.pcap"))

    assert row["server_name"] is None
    assert row["version"] is None
    assert [] == row["alerts"]


def test_json_of_packets_without_times_has_none(captures):
    (row,) = as_json(tlsparse.read(captures / "simple_packets.pcapng"))

    assert (None, None) == (row["start"], row["duration_ms"])


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


# --- Tables ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TABLES)
def test_csv_holds_the_table(name, busy, written):
    frame = getattr(busy, name)
    headings, *rows = csv.reader(io.StringIO(written(frame, "csv")))

    assert list(frame.columns) == headings
    assert len(frame) == len(rows)


@pytest.mark.parametrize("name", TABLES)
def test_json_lines_hold_the_table(name, busy, written):
    frame = getattr(busy, name)
    rows = [json.loads(line) for line in written(frame, "jsonl").splitlines()]

    assert len(frame) == len(rows)
    assert all(list(frame.columns) == list(row) for row in rows)


@pytest.mark.parametrize("name", TABLES)
def test_a_printed_table_has_a_line_for_each_row(name, busy, written):
    frame = getattr(busy, name)
    lines = written(frame, "table").splitlines()

    if frame.empty:
        assert [f"(no rows; columns: {', '.join(frame.columns)})"] == lines
    else:
        assert list(frame.columns) == lines[0].split()
        assert len(frame) == len(lines) - 1


@pytest.mark.parametrize("form", ["csv", "jsonl", "table"])
def test_times_keep_their_nanoseconds_in_every_format(form, captures, written):
    capture = tlsparse.read(captures / "nanoseconds.pcap")
    text = written(capture.flows, form)

    assert rfc3339(int(capture.flows["start"].astype("int64").item())) in text


def test_what_is_not_known_is_empty_in_csv_null_in_json_and_a_dash_in_print(written):
    frame = pd.DataFrame({"name": pd.array([pd.NA], dtype="string"), "code": [1]})

    assert "name,code\n,1\n" == written(frame, "csv")
    assert '{"name": null, "code": 1}\n' == written(frame, "jsonl")
    assert ["-", "1"] == written(frame, "table").splitlines()[1].split()


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ('=HYPERLINK("http://x")', '\'=HYPERLINK("http://x")'),
        ("\t=1", r"\t=1"),
        ("a=1", "a=1"),
    ],
)
def test_csv_takes_the_force_out_of_formulas(name, cell, written):
    """In columns of text; a number that is negative stays a number."""
    frame = pd.DataFrame({"name": pd.array([name], dtype="string"), "lists": [[name]], "n": [-1]})
    ((_, _, _), row) = csv.reader(io.StringIO(written(frame, "csv")))

    assert [cell, cell, "-1"] == row


@pytest.mark.parametrize("form", ["csv", "table"])
def test_control_characters_in_a_cell_are_escapes(form, written):
    frame = pd.DataFrame(
        {"name": pd.array(["\x1b[2J\n"], dtype="string"), "list": [["\x9b\u202e"]]}
    )

    text = written(frame, form)

    assert r"\x1b[2J\n" in text
    assert r"\x9b\u202e" in text
    assert 2 == len(text.splitlines())


def test_a_table_goes_into_a_file(busy, tmp_path, capsys):
    path = tmp_path / "alerts.csv"

    write_frame(busy.alerts, "csv", str(path))

    assert ("", "") == tuple(capsys.readouterr())
    assert len(busy.alerts) + 1 == len(path.read_text("utf-8").splitlines())


@pytest.mark.parametrize("name", TABLES)
def test_parquet_gives_back_the_table(name, busy, tmp_path):
    pytest.importorskip("pyarrow")
    frame, path = getattr(busy, name), tmp_path / "table.parquet"

    write_frame(frame, "parquet", str(path))
    again = pd.read_parquet(path)

    assert list(frame.columns) == list(again.columns)
    assert len(frame) == len(again)
    for column in frame.columns[frame.dtypes != "object"]:
        assert frame[column].equals(again[column].astype(frame[column].dtype)), column


def test_parquet_does_not_go_to_a_terminal(busy, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)

    with pytest.raises(UsageError, match="name a file with -o"):
        write_frame(busy.alerts, "parquet", None)


def test_parquet_without_its_extra_names_the_extra(busy, monkeypatch, tmp_path):
    def without_pyarrow(*_: object, **__: object) -> None:
        raise ImportError("Unable to find a usable engine")

    monkeypatch.setattr(pd.DataFrame, "to_parquet", without_pyarrow)

    with pytest.raises(MissingExtraError, match=r"pip install 'tlsparse\[parquet\]'"):
        write_frame(busy.alerts, "parquet", str(tmp_path / "x.parquet"))
    assert [] == list(tmp_path.iterdir())

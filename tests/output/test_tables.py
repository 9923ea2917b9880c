"""Tables in several formats, made safe for where they go."""

from __future__ import annotations

import csv
import io
import json

import pandas as pd
import pytest

import tlsparse
from tlsparse.errors import MissingExtraError, UsageError
from tlsparse.frames import TABLES
from tlsparse.output import rfc3339, write_frame


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


def test_columns_stand_under_their_headings_beside_chinese(written):
    frame = pd.DataFrame({"said": ["证书", "abc de"], "packet": [1, 2]})

    assert ["said    packet", "证书    1", "abc de  2"] == written(frame, "table").splitlines()


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

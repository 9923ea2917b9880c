"""What a capture says of itself, as text and as HTML, and what is taken into it."""

from __future__ import annotations

import struct
from html.parser import HTMLParser

import pytest

import tlsparse
from tlsparse.capture import HEADINGS, NAME_WIDTH, SHOWN
from tlsparse.errors import NotACaptureError, UsageError

EMPTY = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
NAME = b"server.test"


class Cells(HTMLParser):
    """The rows of a table, as a browser reads them, and the tags that it met."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.rows: list[list[str]] = []
        self._open = False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
            self._open = True

    def handle_endtag(self, tag):
        self._open = self._open and tag not in ("td", "th")

    def handle_data(self, data):
        if self._open:
            self.rows[-1][-1] += data


@pytest.fixture
def with_name(captures):
    """Make a capture in which the client asks for another name of 11 bytes."""

    def rewrite(name: bytes) -> tlsparse.Capture:
        assert len(NAME) == len(name)
        data = (captures / "tls13.pcap").read_bytes()
        assert 1 == data.count(NAME)  # what follows the ServerHello is encrypted
        return tlsparse.read(data.replace(NAME, name))

    return rewrite


@pytest.fixture
def many(captures):
    """The first packet of a connection, a SYN, from more ports than are shown."""
    data = (captures / "connection_refused.pcap").read_bytes()
    (length,) = struct.unpack_from("<I", data, 24 + 8)
    header, syn = data[:24], bytearray(data[24 : 24 + 16 + length])
    client_port = 16 + 14 + 20  # after the headers of the packet, Ethernet and IPv4
    packets = b""
    for port in range(50_000, 50_000 + SHOWN + 3):
        struct.pack_into(">H", syn, client_port, port)
        packets += syn
    return tlsparse.read(header + packets)


# --- As text --------------------------------------------------------------------------------------


def test_it_prints_as_a_table_of_its_handshakes(captures):
    lines = repr(tlsparse.read(captures / "expired_tls12.pcap")).splitlines()

    assert lines[0].endswith("expired_tls12.pcap: 9 packets, 1 handshake (1 alerted)")
    assert [*HEADINGS[1:]] == lines[1].split()
    assert lines[2].split() == [
        *("0", "192.0.2.10:60888", "192.0.2.80:443", "server.test", "TLS", "1.2"),
        *("alerted", "certificate", "certificate.expired"),
    ]
    assert 3 == len(lines)


def test_findings_are_said_in_the_language_that_was_asked_for(captures):
    path = captures / "expired_tls12.pcap"
    english, chinese = tlsparse.read(path), tlsparse.read(path, lang="zh")

    assert english.findings["summary"][0].startswith("The client refused")
    assert chinese.findings["summary"][0].startswith("客户端拒绝了服务器的证书")
    same = ["cause", "severity", "confidence", "side", "step", "wireshark_filter"]
    assert english.findings[same].equals(chinese.findings[same])
    assert english.handshakes.equals(chinese.handshakes)


def test_an_unknown_language_is_refused(captures):
    with pytest.raises(UsageError, match="there is no language 'fr'; there are en, zh"):
        tlsparse.read(captures / "tls13.pcap", lang="fr")


def test_columns_stand_under_their_headings(captures):
    _, headings, *rows = repr(tlsparse.read(captures / "a_busy_minute.pcap")).splitlines()
    outcomes = [row[headings.index("outcome") :].split()[0] for row in rows]

    assert ["completed", "alerted", "completed", "refused", "not_tls", "alerted"] == outcomes


def test_an_empty_capture_is_one_line():
    capture = tlsparse.read(EMPTY)

    assert "bytes: 0 packets, 0 handshakes" == repr(capture)
    assert "<p>bytes: 0 packets, 0 handshakes</p>" == capture._repr_html_()


def test_handshakes_beyond_those_shown_are_counted(many):
    lines = repr(many).splitlines()

    assert SHOWN + 3 == len(many.handshakes)
    assert "... and 3 more" == lines[-1]
    assert SHOWN == len(lines[2:-1])


def test_problems_are_counted(captures):
    truncated = tlsparse.read(captures / "truncated_file.pcap")

    assert truncated.headline.endswith(f", {len(truncated.problems)} problem")


def test_control_characters_in_a_name_are_escapes(with_name):
    capture = with_name(b"\x1b[2J\n.test;")

    assert "\x1b" not in repr(capture)
    assert 3 == len(repr(capture).splitlines())
    assert r"\x1b[2J" in repr(capture)


def test_control_characters_in_the_name_of_the_file_are_escapes(tmp_path):
    path = tmp_path / "a\x1b[2Jb.pcap"
    path.write_bytes(EMPTY)

    assert r"a\x1b[2Jb.pcap: 0 packets" in repr(tlsparse.read(path))


# --- As HTML --------------------------------------------------------------------------------------


def test_the_html_table_is_the_one_of_the_text(captures):
    capture = tlsparse.read(captures / "a_busy_minute.pcap")
    cells = Cells(capture._repr_html_())

    assert [*HEADINGS] == cells.rows[0]
    assert capture.handshakes["outcome"].tolist() == [row[5] for row in cells.rows[1:]]
    assert {"p", "table", "thead", "tbody", "tr", "th", "td"} == cells.tags


@pytest.mark.parametrize("name", [b"<b>x</b>ABC", b"</td><td>XY", b"&lt;img&gt;", b'"onload=\'x"'])
def test_a_hostile_name_is_text_and_not_markup(name, with_name):
    capture = with_name(name)
    cells = Cells(capture._repr_html_())

    assert name.decode() == capture.handshakes["server_name"].item()
    assert name.decode() == cells.rows[1][3]
    assert len(HEADINGS) == len(cells.rows[1])
    assert {"p", "table", "thead", "tbody", "tr", "th", "td"} == cells.tags


def test_a_hostile_file_name_is_text_and_not_markup(tmp_path):
    path = tmp_path / "<img src=x>.pcap"
    path.write_bytes(EMPTY)

    assert {"p"} == Cells(tlsparse.read(path)._repr_html_()).tags


def test_colours_are_left_to_the_theme(captures):
    text = tlsparse.read(captures / "a_busy_minute.pcap")._repr_html_()

    assert [] == [word for word in ("color", "background", "<style", "<script") if word in text]


def test_handshakes_beyond_those_shown_are_counted_in_html(many):
    text = many._repr_html_()

    assert 1 + SHOWN == len(Cells(text).rows)
    assert "and 3 more" in text


def test_a_long_name_does_not_stretch_the_table(captures, monkeypatch):
    capture = tlsparse.read(captures / "tls13.pcap")
    hello = capture.handshake(0).client_hello
    monkeypatch.setattr(type(hello), "server_name", "x" * 60_000)

    assert NAME_WIDTH == len(Cells(capture._repr_html_()).rows[1][3])


# --- What is taken into it ------------------------------------------------------------------------


def test_a_handshake_that_is_not_there_is_answered_with_how_many_there_are(captures):
    capture = tlsparse.read(captures / "tls13.pcap")

    for number in (1, -1):
        with pytest.raises(UsageError, match=f"no handshake {number}; the capture has 1"):
            capture.handshake(number)


def test_a_handshake_is_the_object_behind_its_row(captures):
    capture = tlsparse.read(captures / "a_busy_minute.pcap")

    for number, outcome in enumerate(capture.handshakes["outcome"]):
        assert outcome == capture.handshake(number).outcome


def test_a_path_an_open_file_and_bytes_give_the_same(captures):
    path = captures / "a_busy_minute.pcap"
    with path.open("rb") as file:
        opened = tlsparse.read(file)
    read = [tlsparse.read(path), tlsparse.read(str(path)), opened, tlsparse.read(path.read_bytes())]

    assert [str(path)] * 3 + ["bytes"] == [capture.name for capture in read]
    for capture in read[1:]:
        assert capture.events.equals(read[0].events)


def test_what_is_no_capture_is_refused():
    with pytest.raises(NotACaptureError, match="neither pcap nor pcapng"):
        tlsparse.read(b"not a capture")


def test_a_connection_without_tls_has_a_row_only_where_tls_is_usual_or_all_are_asked_for(captures):
    data = (captures / "plain_http_client.pcap").read_bytes()
    elsewhere = data.replace(struct.pack(">H", 443), struct.pack(">H", 7777))

    assert 1 == len(tlsparse.read(data).flows)
    assert 0 == len(tlsparse.read(elsewhere).flows)
    assert 1 == len(tlsparse.read(elsewhere, all_flows=True).flows)

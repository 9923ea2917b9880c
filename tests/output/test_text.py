"""The diagnosis as an operator reads it."""

from __future__ import annotations

import re
import struct
from dataclasses import replace

import pytest

import tlsparse
from tlsparse.diagnosis.finding import Severity
from tlsparse.output import Layout, Totals, as_text
from tlsparse.output.layout import WIDTH
from tlsparse.output.text import MOST_PATTERNS
from tlsparse.terminal import width as columns_of

EMPTY = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
COMMAND = (
    "       openssl s_client -connect 192.0.2.80:8443 -servername server.test -showcerts </dev/null"
)


@pytest.fixture(scope="module")
def read(captures):
    return lambda name: tlsparse.read(captures / f"{name}.pcap")


@pytest.fixture(scope="module")
def busy(read):
    return read("a_busy_minute")


# --- The headline ---------------------------------------------------------------------------------


def test_the_headline_says_how_many_failed_and_with_how_many_causes(busy):
    headline = as_text(busy).splitlines()[0]

    assert headline.endswith(
        "a_busy_minute.pcap: 6 handshakes in 580 ms, 2 completed, 4 failed with 4 causes"
    )


@pytest.mark.parametrize(
    ("name", "ends"),
    [
        ("tls13", "1 handshake in 67 ms, 1 completed"),
        ("expired_tls12", "1 failed with 1 cause"),
        ("ends_in_the_middle", "1 not seen to the end"),
        ("wrong_renewal", "3 completed, 3 failed with 1 cause"),
    ],
)
def test_the_headline_leaves_out_what_did_not_occur(name, ends, read):
    assert re.sub(r"\d+ ms", "", ends) in re.sub(r"\d+ ms", "", as_text(read(name)).splitlines()[0])


def test_a_capture_without_times_has_no_span_and_no_moments(captures):
    text = as_text(tlsparse.read(captures / "simple_packets.pcapng"))

    assert "1 handshake, 1 completed" in text
    assert "UTC" not in text


def test_a_capture_without_tls_says_so():
    text = as_text(tlsparse.read(EMPTY))

    assert "bytes: 0 handshakes" == text.splitlines()[0]
    assert "No TLS was seen" in text


# --- Failures -------------------------------------------------------------------------------------


def test_each_cause_is_a_block_and_the_rest_a_count(busy):
    _, *blocks, rest = as_text(busy).split("\n\n")

    assert 4 * ["x  "] == [block[:3] for block in blocks]
    assert ["#1", "#3", "#4", "#5"] == [block.splitlines()[1].split()[0] for block in blocks]
    assert "+  2 completed: TLS 1.3, TLS 1.2" == rest


def test_a_block_says_what_who_when_why_and_what_to_do(busy):
    title, who, *lines = as_text(busy).split("\n\n")[1].splitlines()
    text = "\n".join(lines)

    assert title.startswith("x  Certificate expired  ")
    assert re.search(r"  certificate\.expired  0\.9\d  server must act$", title)
    assert "   #1  192.0.2.10:47072 -> 192.0.2.80:8443  server.test  TLS 1.2" == who
    assert "   client OpenSSL 3 (curl), server OpenSSL" == lines[0]
    assert "   2026-11-24 03:08:55.533 UTC: alerted at certificate after 39 ms" == lines[1]
    for words in ("packet 26", "Do: ", "Look: frame.number in {24, 26}"):
        assert words in text


def test_a_command_stands_on_a_line_of_its_own(busy):
    assert COMMAND in as_text(busy).splitlines()
    assert COMMAND in as_text(busy, layout=Layout(80)).splitlines()


def test_other_causes_are_named_in_short(read):
    text = as_text(read("no_shared_cipher"))

    assert re.search(r"^   Or: .*\(negotiation\.group 0\.\d\d\)", text, re.M | re.S)


def test_the_same_failure_many_times_is_one_block(read):
    text = as_text(read("one_server_fails"))

    assert 1 == text.count("The client refused")
    assert "x  Certificate expired, 4 times" in text
    assert "Also #3, #4, #5; the last at 2026-" in text
    assert "Clients: 192.0.2.10 (2), 192.0.2.11 (2)." in " ".join(text.split())


def test_of_a_large_group_some_handshakes_are_named_and_the_others_counted(read, monkeypatch):
    monkeypatch.setattr("tlsparse.output.text.NUMBERED", 2)

    assert "Also #1, #2 (+4); the last at" in as_text(read("retry_storm"))


def test_of_a_failure_without_a_finding_the_outcome_is_told(busy):
    quiet = tlsparse.read(busy.name)
    quiet.contents.findings[1] = []
    (block,) = [part for part in as_text(quiet).split("\n\n") if "No cause found" in part]

    assert "x  No cause found" == block.splitlines()[0]
    assert "alerted at certificate" in block


# --- What they have in common ---------------------------------------------------------------------


def test_patterns_stand_between_the_headline_and_the_blocks(read):
    _, heading, pattern, block, _ = as_text(read("one_client_fails")).split("\n\n")

    assert "What they have in common" == heading
    assert pattern.startswith("=  One client fails everywhere")
    assert pattern.splitlines()[0].endswith("client_fails  0.80  client must act")
    assert pattern.splitlines()[-1] == "   Handshakes: #1, #3, #5."
    assert block.startswith("x  Unknown authority, 3 times")


def test_patterns_beyond_those_that_are_told_are_counted(read):
    capture = read("one_client_fails")
    capture.contents.patterns *= MOST_PATTERNS + 2

    text = as_text(capture)

    assert MOST_PATTERNS == text.count("=  One client fails")
    assert "2 more: tlsparse show FILE --frame patterns" in text


# --- What completed, and what is not seen ---------------------------------------------------------


def test_a_warning_stands_behind_its_own_mark(read):
    _, block, rest = as_text(read("expired_accepted")).split("\n\n")

    assert block.startswith("!  Certificate expired  ")
    assert "The other side" in block
    assert rest.startswith("+  1 completed")


def test_handshakes_that_completed_are_named_when_asked_for(busy):
    assert "#0" not in as_text(busy)
    assert re.search(r"^\+  #0 .* completed\n\+  #2 .* completed$", as_text(busy, every=True), re.M)


def test_sessions_that_were_resumed_are_counted(read):
    text = as_text(read("resumed_ticket"))

    assert "+  2 completed: TLS 1.2 (2); 1 of them resumed a session" in text


@pytest.mark.parametrize(
    ("name", "reason"),
    [("ends_in_the_middle", "the recording ended first (#0)")],
)
def test_of_what_is_not_seen_to_the_end_the_reason_is_said(name, reason, read):
    assert f"?  1 not seen to the end: {reason}" == as_text(read(name)).splitlines()[-1]
    assert as_text(read(name), every=True).endswith("  the recording ended first")


def test_problems_are_counted(captures):
    text = as_text(tlsparse.read(captures / "truncated_file.pcap"))

    assert "?  Problems of the capture: 1 (tlsparse show FILE --frame problems)" in text


def test_what_failed_for_nobody_is_noted_behind_its_own_mark(read):
    headline, block = as_text(read("health_check")).split("\n\n")

    assert headline.endswith(", 5 noted")
    assert block.startswith("-  Client left, 5 times  ")
    assert block.splitlines()[0].endswith("  note")


def test_what_is_noted_stands_behind_failures(busy, read):
    capture = read("a_busy_minute")
    number, (first, *_) = next((n, found) for n, found in busy.contents.findings.items() if found)
    capture.contents.findings[number] = [replace(first, severity=Severity.note)]

    headline, *blocks = as_text(capture).split("\n\n")

    assert headline.endswith(", 2 completed, 3 failed with 3 causes, 1 noted")
    assert ["x", "x", "x", "-", "+"] == [block[0] for block in blocks]


# --- Its form -------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [80, 100, 120])
def test_sentences_are_wrapped(width, busy):
    lines = as_text(busy, layout=Layout(width)).splitlines()[1:]

    assert all(len(line) <= width or "openssl s_client" in line for line in lines)
    assert any(len(line) > width - 10 for line in lines)


def test_a_hostile_name_reaches_no_terminal(captures):
    data = (captures / "expired_tls12.pcap").read_bytes()
    capture = tlsparse.read(data.replace(b"server.test", b"\x1b[2J\x9b\xe2\x80\xae\x07\r\n"))

    text = as_text(capture)

    assert r"\x1b[2J" in text
    assert all(character.isprintable() or character == "\n" for character in text)


def test_colours_only_help(busy):
    coloured = as_text(busy, layout=Layout(colour=True))

    assert "\x1b[1;31mx\x1b[0m" in coloured
    assert as_text(busy) == re.sub(r"\x1b\[[\d;]*m", "", coloured)


# --- Several captures -----------------------------------------------------------------------------


def test_totals_count_the_causes_of_all_captures(read):
    totals = Totals()
    for name in ("a_busy_minute", "wrong_renewal", "tls13"):
        totals.add(read(name))
    totals.skip("\x1bmissing.pcap")

    first, second, *_ = totals.text().splitlines()

    assert 3 == totals.captures
    assert "All 3 captures: 6 completed, 7 failed with 4 causes" == first
    assert second.startswith("   certificate.expired (4): ")
    assert r"Not read: \x1bmissing.pcap" in totals.text()


def test_totals_count_what_is_noted_and_no_cause_of_it(read):
    totals = Totals()

    assert [0, 0] == [totals.add(read(name)) for name in ("health_check", "tls13")]
    assert "All 2 captures: 1 completed, 5 noted" == totals.text()


def test_totals_of_nothing_say_so():
    totals = Totals()
    totals.add(tlsparse.read(EMPTY))
    totals.add(tlsparse.read(EMPTY))

    assert "All 2 captures: 0 handshakes" == totals.text()


# --- In Chinese -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def read_in_chinese(captures):
    return lambda name: tlsparse.read(captures / f"{name}.pcap", lang="zh")


def test_everything_is_said_in_the_language_of_the_capture(read_in_chinese):
    headline, block, *_, rest, named = as_text(read_in_chinese("a_busy_minute"), every=True).split(
        "\n\n"
    )
    title, _, _, ended, *_ = block.splitlines()

    assert headline.endswith("：6 次握手，历时 580 ms，2 次完成、4 次失败（原因 4 种）")
    assert title.startswith("x  证书已过期  ")
    assert title.endswith("  certificate.expired  0.97  需服务器处理")
    assert ended.endswith(" UTC：告警终止，止于服务器证书，历时 39 ms")
    assert "+  2 次完成：TLS 1.3、TLS 1.2" == rest
    assert named.endswith("  完成")
    assert as_text(tlsparse.read(EMPTY, lang="zh")).endswith("--all-flows 可列出每条 TCP 连接。")


def test_a_pattern_is_said_in_chinese(read_in_chinese):
    _, heading, pattern, block, _ = as_text(read_in_chinese("one_server_fails")).split("\n\n")

    assert "共同之处" == heading
    assert pattern.startswith("=  一台服务器对所有客户端都失败  ")
    assert "客户端：192.0.2.10、192.0.2.11；" in pattern
    assert pattern.endswith("握手：#2、#3、#4、#5。")
    assert re.search(r"还有 #3、#4、#5；最后一次在 .* UTC。客户端：", block)


def test_why_the_end_is_not_seen_is_said_in_chinese(read_in_chinese):
    assert as_text(read_in_chinese("ends_in_the_middle")).endswith(
        "?  1 次未见结尾：抓包结束得太早（#0）"
    )


def test_totals_are_said_in_chinese(read_in_chinese):
    totals = Totals()
    totals.add(read_in_chinese("expired_tls12"))
    totals.add(read_in_chinese("tls13"))
    first, *_ = totals.text(Layout(language="zh")).splitlines()

    assert "全部 2 个抓包：1 次完成、1 次失败（原因 1 种）" == first


@pytest.mark.parametrize("name", ["a_busy_minute", "one_server_fails", "certificates_differ"])
def test_sentences_in_chinese_are_wrapped(name, read_in_chinese):
    lines = as_text(read_in_chinese(name)).splitlines()[1:]

    assert all(columns_of(line) <= WIDTH for line in lines if "openssl" not in line)

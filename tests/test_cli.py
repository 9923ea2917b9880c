"""The command line, as a shell runs it: answers on standard output, all else on standard error, three statuses."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tlsparse import __version__
from tlsparse.cli import FRAMES, main
from tlsparse.diagnosis.causes import causes
from tlsparse.frames import TABLES

ROOT = Path(__file__).parent.parent
VERBS = ("diagnose", "show", "plot", "explain")


@pytest.fixture
def run(captures, monkeypatch, capsys):
    """Run a command in the folder of captures; return its status and what it wrote."""
    monkeypatch.chdir(captures)

    def command(*arguments: str) -> tuple[int, str, str]:
        status = main(arguments)
        out, err = capsys.readouterr()
        return status, out, err

    return command


def in_a_process(*arguments: str, **options) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, where streams and signals are real."""
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": path}
    environment |= options.pop("env", {})
    settings = {"capture_output": True, "timeout": 60, "cwd": ROOT / "captures", **options}
    return subprocess.run(
        [sys.executable, "-m", "tlsparse", *arguments], env=environment, **settings
    )


# --- diagnose -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "status"),
    [
        ("tls13.pcap", 0),
        ("ends_in_the_middle.pcap", 0),  # not seen to its end is not failed
        ("health_check.pcap", 0),  # nor is what is only noted
        ("port_scan.pcap", 0),
        ("expired_tls12.pcap", 1),
        ("a_busy_minute.pcap", 1),
        ("connection_refused.pcap", 1),
        ("plain_http_server.pcap", 1),
        ("no_client_certificate_tls13.pcap", 1),
    ],
)
def test_the_status_says_whether_a_handshake_failed(file, status, run):
    for form in ([], ["--json"]):
        got, out, err = run("diagnose", file, *form)

        assert (status, "") == (got, err)
        assert out.endswith("\n")


def test_several_captures_are_told_one_after_the_other(run):
    status, out, _ = run("diagnose", "tls13.pcap", "expired_tls12.pcap", "tls10.pcap")
    starts = [out.index(name) for name in ("tls13.pcap: ", "expired_tls12.pcap: ", "tls10.pcap: ")]

    assert 1 == status
    assert sorted(starts) == starts
    assert "\n\ntls10.pcap: " in out


def test_several_captures_end_with_what_they_come_to(run):
    _, out, _ = run("diagnose", "expired_tls12.pcap", "missing.pcap", "a_busy_minute.pcap")
    totals = out[out.index("All 2 captures: 2 completed, 5 failed with 4 causes") :]

    assert "   certificate.expired (2): expired_tls12.pcap, a_busy_minute.pcap\n" in totals
    assert totals.endswith("   Not read: missing.pcap\n")


def test_one_capture_and_json_have_no_totals(run):
    for arguments in (["tls13.pcap"], ["--json", "tls13.pcap", "tls10.pcap"]):
        assert "captures:" not in run("diagnose", *arguments)[1]


def test_a_capture_that_cannot_be_read_does_not_stop_the_next(run):
    status, out, err = run("diagnose", "missing.pcap", "manifest.csv", "expired_tls12.pcap")

    assert 2 == status
    assert out.startswith("expired_tls12.pcap: 1 handshake")
    assert 2 == len(err.splitlines())


def test_all_names_the_handshakes_that_completed(run):
    _, brief, _ = run("diagnose", "tls13.pcap")
    _, whole, _ = run("diagnose", "tls13.pcap", "--all")

    assert whole.startswith(brief.rstrip())
    assert re.search(r"^\+  #0 .* server\.test .* completed$", whole, re.MULTILINE)


def test_json_is_one_object_a_line(run):
    _, out, _ = run("diagnose", "--json", "a_busy_minute.pcap", "tls13.pcap")
    rows = [json.loads(line) for line in out.splitlines()]

    assert [0, 1, 2, 3, 4, 5, 0] == [row["handshake"] for row in rows]
    assert {
        *TABLES["handshakes"].columns,
        "client",
        "server",
        "alerts",
        "findings",
    } == set(rows[0])
    assert "certificate.expired" == rows[1]["findings"][0]["cause"]


def test_a_diagnosis_is_said_in_chinese(run):
    status, out, err = run("diagnose", "expired_tls12.pcap", "--lang", "zh")

    assert (1, "") == (status, err)
    assert out.startswith("expired_tls12.pcap：1 次握手，历时 27 ms，1 次失败（原因 1 种）\n")
    for words in (
        "告警为 certificate_expired（数据包 8）",
        "处理：续签",
        "查看：frame.number in {6, 8}",
    ):
        assert words in out


def test_json_has_the_same_keys_and_ids_in_every_language(run):
    rows = []
    for language in ("en", "zh"):
        _, out, _ = run("diagnose", "a_busy_minute.pcap", "--json", "--lang", language)
        rows.append([json.loads(line) for line in out.splitlines()])
    said = [row["findings"][0]["summary"] for row in rows[1] if row["findings"]]
    for language in rows:
        for row in language:
            for finding in row["findings"]:
                assert finding.pop("summary")
                assert finding.pop("fix")

    assert rows[0] == rows[1]
    assert said[0].startswith("客户端拒绝了服务器的证书")


def test_all_flows_keeps_a_connection_where_nobody_expects_tls(run, captures, tmp_path):
    path = tmp_path / "elsewhere.pcap"
    data = (captures / "plain_http_client.pcap").read_bytes()
    path.write_bytes(data.replace((443).to_bytes(2, "big"), (7777).to_bytes(2, "big")))

    status, out, _ = run("diagnose", str(path))
    assert (0, True) == (status, "0 handshakes" in out and "--all-flows" in out)

    status, out, _ = run("diagnose", "--all-flows", str(path))
    assert "1 handshake" in out


def test_what_is_wrong_with_a_capture_goes_to_standard_error(run):
    status, out, err = run("diagnose", "truncated_file.pcap")

    assert 0 == status
    assert 1 == len(err.splitlines())
    assert "cut short" in err
    assert 1 == err.count("(packet") + err.count("of packet")  # it is named once
    assert "14 packets" in err
    assert "cut short" not in out


def test_a_dash_reads_standard_input(captures):
    for file in ("expired_tls12.pcap", "compressed.pcap.gz", "health_check.pcap"):
        data = (captures / file).read_bytes()
        done = in_a_process("diagnose", "-", input=data)

        assert b"" == done.stderr
        assert done.stdout.splitlines()[-1].startswith(b"standard input: ")
        assert done.returncode == (1 if "expired" in file else 0)


def test_a_file_for_standard_input_is_sorted_as_any_file_is(captures):
    with open(captures / "expired_tls12.pcap", "rb") as file:
        done = in_a_process("diagnose", "-", stdin=file)

    assert done.stdout.startswith(b"standard input: ")
    assert 1 == done.returncode


@pytest.fixture
def begun(captures):
    """Begin the command on a pipe that goes on; kill it if it has not ended with the test."""
    processes = []

    def begin(*arguments: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", "tlsparse", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        processes.append(process)
        assert process.stdin is not None
        process.stdin.write((captures / "expired_tls12.pcap").read_bytes())
        process.stdin.flush()
        return process

    yield begin
    for process in processes:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            pipe.close()


def test_a_handshake_in_a_pipe_is_told_when_it_ends(begun):
    process = begun("diagnose", "-")

    assert process.stdout.readline().startswith(b"x  Certificate expired ")
    process.stdin.close()  # only now the pipe ends
    rest = process.stdout.read()
    assert b"#0  192.0.2.10:60888 -> 192.0.2.80:443" in rest
    assert rest.endswith(b"\nstandard input: 9 packets, 1 handshake (1 alerted)\n")
    assert (1, b"") == (process.wait(), process.stderr.read())


def test_as_json_it_is_the_same_object_as_of_a_file(begun, run):
    _, out, _ = run("diagnose", "--json", "expired_tls12.pcap")
    process = begun("diagnose", "-", "--json")

    assert json.loads(out) == json.loads(process.stdout.readline())
    process.stdin.close()
    assert (b"", b"") == (process.stdout.read(), process.stderr.read())
    assert 1 == process.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_capture_and_what_is_open_is_told(number, begun, captures):
    process = begun("diagnose", "-")
    process.stdout.readline()
    data = (captures / "expired_tls12.pcap").read_bytes()
    seconds, _, length = struct.unpack_from("<III", data, 24)
    syn = bytearray(data[24 : 24 + 16 + length])
    struct.pack_into("<I", syn, 0, seconds + 5)
    struct.pack_into(">H", syn, 16 + 14 + 20, 50_000)  # the client's port
    process.stdin.write(syn)
    process.stdin.flush()
    time.sleep(0.5)
    process.send_signal(number)
    rest = process.stdout.read()

    assert b"\n?  #1  " in rest
    assert rest.endswith(b"\nstandard input: 10 packets, 2 handshakes (1 alerted, 1 cut)\n")
    assert (1, b"") == (process.wait(), process.stderr.read())


def test_an_interface_that_does_not_exist_is_said_in_one_line(tmp_path):
    tool = tmp_path / "tcpdump"
    tool.write_text("#!/bin/sh\necho 'tcpdump: nope: No such device exists' >&2\nexit 1\n")
    tool.chmod(0o755)
    done = in_a_process("diagnose", "--interface", "nope", env={"PATH": str(tmp_path)})

    assert (2, b"") == (done.returncode, done.stdout)
    assert done.stderr.startswith(b"tlsparse: there is no interface 'nope'; ")
    assert 1 == len(done.stderr.splitlines())


def test_a_diagnosis_needs_neither_pandas_nor_matplotlib():
    code = (
        "import sys; from tlsparse.cli import main; main(['diagnose', '--json', 'expired_tls12.pcap']);"
        "print(sorted({'pandas', 'numpy', 'matplotlib', 'numba'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT / "captures",
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert "[]\n" == done.stderr


# --- show -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("frame", FRAMES)
def test_every_table_is_shown(frame, run):
    status, out, err = run("show", "a_busy_minute.pcap", "--frame", frame, "--format", "csv")

    assert (0, "") == (status, err)
    assert list(TABLES[frame].columns) == next(csv.reader(io.StringIO(out)))


def test_the_names_of_tables_are_those_of_the_package():
    assert tuple(TABLES) == FRAMES


def test_handshakes_as_a_table_are_shown_by_default(run):
    _, out, _ = run("show", "a_busy_minute.pcap")

    assert list(TABLES["handshakes"].columns) == out.splitlines()[0].split()
    assert 1 + 6 == len(out.splitlines())


def test_json_lines_are_shown(run):
    _, out, _ = run("show", "a_busy_minute.pcap", "--frame", "alerts", "--format", "jsonl")

    assert [None, "certificate_expired", None, "unknown_ca"] == [
        json.loads(line)["description"] for line in out.splitlines()
    ]


@pytest.mark.parametrize("form", ["table", "csv", "jsonl"])
def test_a_table_goes_where_it_is_told(form, run, tmp_path):
    path = tmp_path / "out"
    _, printed, _ = run("show", "tls13.pcap", "--format", form)
    status, out, err = run("show", "tls13.pcap", "--format", form, "-o", str(path))

    assert (0, "", "") == (status, out, err)
    assert printed == path.read_text("utf-8")


def test_parquet_goes_to_a_pipe():
    pytest.importorskip("pyarrow")
    import pandas as pd

    done = in_a_process("show", "tls13.pcap", "--format", "parquet")

    assert (0, b"") == (done.returncode, done.stderr)
    assert ["completed"] == pd.read_parquet(io.BytesIO(done.stdout))["outcome"].tolist()


# --- Roots and revocation lists -------------------------------------------------------------------


def test_a_revocation_list_is_used(run, captures):
    lists = [
        "--crl",
        str(captures / "revoked_tls12.crl"),
        "--roots",
        str(captures / "revoked_tls12.pem"),
    ]
    status, out, err = run("diagnose", "revoked_tls12.pcap", *lists)

    assert (1, "") == (status, err)
    assert "by the list of CN=Test Intermediate" in " ".join(out.split())


@pytest.mark.parametrize("option", ["--roots", "--crl"])
def test_a_file_of_roots_that_is_none_is_told_once(option, run, captures):
    status, out, err = run(
        "diagnose",
        "tls13.pcap",
        str(captures / "tls12_rsa.pcap"),
        option,
        str(captures / "tls13.pcap"),
    )

    assert (2, "") == (status, out)
    assert 1 == err.count("\n")
    assert "there is no certificate" in err


def test_findings_are_shown_in_chinese(run):
    _, out, _ = run("show", "expired_tls12.pcap", "--frame", "findings", "--lang", "zh")

    assert "客户端拒绝了服务器的证书" in out
    assert " certificate.expired " in out


# --- explain --------------------------------------------------------------------------------------


def test_the_page_of_a_cause_is_printed(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    status, out, err = run("explain", "certificate.expired")

    assert (0, "") == (status, err)
    assert out.startswith("Certificate expired\ncertificate.expired\n\n")
    assert "\nWhat to do\n" in out
    assert max(len(line) for line in out.splitlines() if not line.startswith("      ")) <= 80


def test_a_page_is_not_wider_than_can_be_read(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    _, out, _ = run("explain", "certificate.expired")

    assert max(len(line) for line in out.splitlines()) <= 100


def test_the_page_of_a_cause_is_printed_in_chinese(run):
    _, out, _ = run("explain", "certificate.expired", "--lang", "zh")

    assert out.startswith("证书已过期\ncertificate.expired\n\n")


def test_all_causes_are_listed(run):
    status, out, _ = run("explain")

    assert 0 == status
    assert list(causes()) == [line.split()[0] for line in out.splitlines()]


# --- plot -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "start"), [("x.svg", b"<?xml"), ("x.png", b"\x89PNG\r\n\x1a\n"), ("x.pdf", b"%PDF")]
)
def test_a_picture_is_written_in_the_format_of_its_name(name, start, run, tmp_path):
    path = tmp_path / name

    assert (0, f"{path}\n", "") == run("plot", "expired_tls12.pcap", "-o", str(path))
    assert path.read_bytes().startswith(start)


def test_one_handshake_is_a_ladder_and_many_are_a_timeline(run, tmp_path):
    path = tmp_path / "x.svg"
    drawn = {}
    for arguments in (
        ("expired_tls12.pcap",),
        ("a_busy_minute.pcap",),
        ("a_busy_minute.pcap", "--handshake", "1"),
    ):
        assert 0 == run("plot", *arguments, "-o", str(path))[0]
        svg = path.read_text("utf-8")
        drawn[arguments] = "ladder" if "tlsparse-ladder" in svg or "ClientHello" in svg else "clock"

    assert ["ladder", "clock", "ladder"] == list(drawn.values())


def test_words_of_an_svg_are_text(run, tmp_path):
    path = tmp_path / "x.svg"
    run("plot", "expired_tls12.pcap", "-o", str(path))

    assert "fatal alert: certificate_expired" in path.read_text("utf-8")


@pytest.mark.parametrize("data", [b"", b"standard input"])
def test_a_picture_is_named_for_its_capture(data, captures, tmp_path):
    arguments = ["plot", "-" if data else str(captures / "compressed.pcap.gz")]
    packets = (captures / "tls13.pcap").read_bytes() if data else None

    done = in_a_process(*arguments, cwd=tmp_path, input=packets)

    name = "capture.svg" if data else "compressed.svg"
    assert (0, f"{name}\n".encode(), b"") == (done.returncode, done.stdout, done.stderr)
    assert [name] == [path.name for path in tmp_path.iterdir()]


def test_a_name_without_a_format_is_an_svg(run, tmp_path):
    assert f"{tmp_path / 'x'}.svg\n" == run("plot", "tls13.pcap", "-o", str(tmp_path / "x"))[1]
    assert ["x.svg"] == [path.name for path in tmp_path.iterdir()]


@pytest.mark.parametrize("backend", ["TkAgg", "no_such_backend"])
def test_a_picture_needs_no_display(backend, tmp_path):
    environment = {"MPLBACKEND": backend, "DISPLAY": "", "WAYLAND_DISPLAY": ""}
    done = in_a_process("plot", "tls13.pcap", "-o", str(tmp_path / "x.png"), env=environment)

    assert (0, b"") == (done.returncode, done.stderr)
    assert (tmp_path / "x.png").exists()


def test_drawing_leaves_no_figure_open(run, tmp_path):
    import matplotlib.pyplot as plt

    before = plt.get_fignums()
    run("plot", "tls13.pcap", "-o", str(tmp_path / "x.svg"))

    assert before == plt.get_fignums()


def test_a_capture_without_handshakes_is_drawn_as_such(run, captures, tmp_path):
    path = tmp_path / "empty.pcap"
    path.write_bytes((captures / "tls13.pcap").read_bytes()[:24])

    assert 0 == run("plot", str(path), "-o", str(tmp_path / "x.svg"))[0]


# --- What cannot be done --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("", "required: VERB (see tlsparse --help)"),
        ("diagnos tls13.pcap", "there is no verb 'diagnos'; did you mean diagnose?"),
        ("xyz", "there is no verb 'xyz'; there are diagnose, show, plot"),
        ("tls13.pcap", "did you mean tlsparse diagnose tls13.pcap?"),
        ("diagnose", "name a capture, or an interface to capture on: --interface eth0"),
        ("diagnose tls13.pcap -i lo", "give either captures or --interface"),
        ("diagnose tls13.pcap --filter tcp", "--filter is for --interface"),
        ("diagnose tls13.pcap --jsn", "unrecognized arguments: --jsn"),
        ("diagnose tls13.pcap --js", "unrecognized arguments: --js"),
        ("diagnose tls31.pcap", "no such file: tls31.pcap; did you mean tls13.pcap?"),
        ("diagnose ../captures/tls31.pcap", "did you mean ../captures/tls13.pcap?"),
        ("diagnose zzz", "no such file: zzz"),
        ("diagnose nowhere/x.pcap", "no such folder: nowhere"),
        ("diagnose .", ".: is a directory"),
        ("diagnose manifest.csv", "manifest.csv is neither pcap nor pcapng"),
        ("show tls13.pcap --frame handshake", "did you mean handshakes?"),
        ("show tls13.pcap --frame xyz", "there is no 'xyz'; there are flows, handshakes, messages"),
        ("show tls13.pcap --format parket", "did you mean parquet?"),
        ("show tls13.pcap -o nowhere/x.csv", "no such folder: nowhere"),
        ("diagnose tls13.pcap --lang fr", "argument --lang: there is no 'fr'; there are en, zh"),
        ("show tls13.pcap --lang zn", "there is no 'zn'; there are en, zh"),
        ("explain certificate.expird", "did you mean certificate.expired?"),
        ("explain --lang fr", "there is no 'fr'; there are en, zh"),
        ("plot tls13.pcap --handshake 1", "there is no handshake 1; the capture has 1"),
        ("plot tls13.pcap --handshake x", "argument --handshake: invalid int value: 'x'"),
        ("plot tls13.pcap -o x.doc", "cannot write x.doc: "),
        ("plot tls13.pcap -o nowhere/x.png", "no such folder: nowhere"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(arguments, said, run):
    status, out, err = run(*arguments.split())

    assert (2, "") == (status, out)
    assert 1 == len(err.splitlines())
    assert err.startswith("tlsparse: ")
    assert said in err


def test_what_is_no_capture_is_refused_on_standard_input_too():
    done = in_a_process("diagnose", "-", input=b"GET / HTTP/1.1\r\n\r\n")

    assert (2, b"") == (done.returncode, done.stdout)
    assert b"neither pcap nor pcapng" in done.stderr


def test_a_reader_that_leaves_is_no_failure(captures):
    """Much more is written than a pipe holds, and nobody reads it."""
    path = captures / "a_busy_minute.pcap"
    process = subprocess.Popen(
        [sys.executable, "-m", "tlsparse", "diagnose", "--json", *[str(path)] * 20],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.read(1)
    process.stdout.close()

    assert 0 == process.wait(60)
    assert process.stderr is not None
    assert b"" == process.stderr.read()
    process.stderr.close()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
def test_a_full_disk_is_said():
    with open("/dev/full", "wb") as full:
        done = in_a_process(
            "diagnose", "tls13.pcap", stdout=full, stderr=subprocess.PIPE, capture_output=False
        )

    assert 2 == done.returncode
    assert 1 == len(done.stderr.splitlines())
    assert b"No space left" in done.stderr


def test_a_terminal_without_the_characters_of_a_name_gets_escapes(captures, tmp_path):
    path = tmp_path / "bücher.pcap"
    shutil.copy(captures / "tls13.pcap", path)

    done = in_a_process("diagnose", str(path), env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})

    assert (0, b"") == (done.returncode, done.stderr)
    assert rb"b\xfccher.pcap: 1 handshake" in done.stdout


@pytest.mark.parametrize("name", [b"\x1b[2J\x1b]0;x\x07", b"\xc2\x9b2J\xe2\x80\xaea;\r\n"])
def test_nothing_in_a_capture_reaches_the_terminal_as_a_command(name, run, captures, tmp_path):
    path = tmp_path / "hostile.pcap"
    path.write_bytes((captures / "expired_tls12.pcap").read_bytes().replace(b"server.test", name))

    written = "".join(
        text
        for arguments in (
            ("diagnose", str(path)),
            ("diagnose", str(path), "--json"),
            *(("show", str(path), "--frame", frame) for frame in FRAMES),
            *(("show", str(path), "--frame", frame, "--format", "csv") for frame in FRAMES),
        )
        for text in run(*arguments)[1:]
    )

    assert {"\n"} == {character for character in written if not character.isprintable()}


def test_nothing_in_a_file_name_reaches_the_terminal_as_a_command(run):
    _, _, err = run("diagnose", "a\x1b[2Jb.pcap")

    assert r"no such file: a\x1b[2Jb.pcap" in err


# --- Help -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_has_help_with_examples(verb, capsys):
    with pytest.raises(SystemExit) as stop:
        main([verb, "--help"])
    out, err = capsys.readouterr()

    assert (0, "") == (stop.value.code, err)
    assert f"usage: tlsparse {verb} " in out
    assert f"  tlsparse {verb} " in out.partition("examples:")[2]
    assert (verb != "explain") == ("--all-flows" in out)
    assert (verb != "plot") == ("--lang" in out)


def test_help_names_the_verbs_and_the_statuses(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    out = capsys.readouterr().out

    assert [*VERBS] == re.findall(r"^    (\w+) ", out, re.MULTILINE)
    assert "0 all handshakes are fine, 1 at least one failed, 2 could not" in out


def test_the_version_is_that_of_the_package(capsys):
    with pytest.raises(SystemExit):
        main(["--version"])

    assert f"tlsparse {__version__}\n" == capsys.readouterr().out

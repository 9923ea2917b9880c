"""Live capture: what the programs that do it are asked, what they complain of, and that none is left behind."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import tlsparse
from tlsparse.errors import LiveCaptureError
from tlsparse.pcap.live import TOOLS, capture_interface

HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 0, 1)
SAYS_HEADER = "printf '" + "".join(f"\\{byte:03o}" for byte in HEADER) + "'"


@pytest.fixture
def tool(tmp_path, monkeypatch):
    """Put a program of our own in the place of all that can capture."""
    monkeypatch.setenv("PATH", str(tmp_path))

    def make(name: str, *lines: str) -> Path:
        path = tmp_path / name
        path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
        path.chmod(0o755)
        return path

    return make


def complaint(interface: str = "eth9") -> str:
    with pytest.raises(LiveCaptureError) as caught:
        list(tlsparse.stream(interface=interface))
    return str(caught.value)


# --- What is asked ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("dumpcap", "-q -P -B 32 -w - -i eth9 -f tcp port 443"),
        ("tcpdump", "-U --immediate-mode -B 32768 -w - -i eth9 -- tcp port 443"),
    ],
)
def test_whichever_is_installed_is_asked(name, asked, tool, tmp_path):
    tool(name, f'echo "$@" > {tmp_path}/asked', SAYS_HEADER)

    assert [] == list(tlsparse.stream(interface="eth9", capture_filter="tcp port 443"))
    assert asked == (tmp_path / "asked").read_text().strip()


def test_dumpcap_is_preferred(tool, tmp_path):
    for name in ("tcpdump", "dumpcap"):
        tool(name, f"echo {name} > {tmp_path}/asked", SAYS_HEADER)
    list(tlsparse.stream(interface="eth9"))

    assert "dumpcap" == (tmp_path / "asked").read_text().strip()


# --- What is complained of --------------------------------------------------------------------------------------------


def test_without_a_program_it_says_what_to_install(tool):
    said = complaint()

    assert "dumpcap" in said and "tcpdump" in said and "installed" in said


@pytest.mark.parametrize(
    ("name", "words", "said"),
    [
        (
            "tcpdump",
            "tcpdump: eth9: You don't have permission to capture on that device\n(socket: Operation not permitted)",
            "tcpdump may not capture on eth9: run this with sudo, or give it the right once: sudo setcap",
        ),
        (
            "dumpcap",
            'dumpcap: You do not have permission to capture on device "eth9".\n(socket: Operation not permitted)',
            "dumpcap may not capture on eth9: run this with sudo, or join the group wireshark",
        ),
        (
            "tcpdump",
            "tcpdump: eth9: No such device exists",
            "there is no interface 'eth9'; ",
        ),
        (
            "dumpcap",
            "Capturing on 'eth9'\ndumpcap: There is no device named \"eth9\".",
            "there is no interface 'eth9'; ",
        ),
        (
            "tcpdump",
            "tcpdump: can't parse filter expression: syntax error",
            "tcpdump on eth9: can't parse filter expression: syntax error",
        ),
        ("tcpdump", "", "tcpdump on eth9: it ended without a word"),
    ],
)
def test_what_a_program_complains_of_is_said_in_one_line(name, words, said, tool, tmp_path):
    (tmp_path / "words").write_text(words + "\n")
    tool(name, f'while read -r line; do echo "$line" >&2; done < {tmp_path}/words', "exit 1")
    answer = complaint()

    assert answer.startswith(said)
    assert "\n" not in answer


def test_an_interface_of_almost_that_name_is_proposed(tool):
    name = socket.if_nameindex()[0][1]
    tool("tcpdump", "echo 'tcpdump: x: No such device exists' >&2; exit 1")

    assert f"did you mean {name}?" in complaint(name + "x")


def test_a_program_that_fails_later_is_a_problem(tool):
    """What came before is told."""
    tool("tcpdump", SAYS_HEADER, "echo 'tcpdump: eth9: The network went down' >&2; exit 1")
    problems: list[str] = []
    list(tlsparse.stream(interface="eth9", on_problem=lambda p: problems.append(p.problem)))

    assert ["tcpdump on eth9: eth9: The network went down"] == problems


# --- How it ends ------------------------------------------------------------------------------------------------------


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("stubborn", [False, True])
def test_the_child_is_always_reaped(stubborn, tool, tmp_path, monkeypatch):
    monkeypatch.setattr("tlsparse.pcap.live.PATIENCE_S", 0.3)
    sleep = shutil.which("sleep", path="/bin:/usr/bin")
    trap = "trap '' TERM" if stubborn else ""
    tool("tcpdump", trap, f"echo $$ > {tmp_path}/process", SAYS_HEADER, f"exec {sleep} 60")
    with pytest.raises(KeyboardInterrupt), capture_interface("eth9") as live:
        assert HEADER == live.packets.read(len(HEADER))
        raise KeyboardInterrupt

    assert not is_alive(int((tmp_path / "process").read_text()))


# --- The real thing ---------------------------------------------------------------------------------------------------

INSTALLED = [tool.name for tool in TOOLS if shutil.which(tool.name)]

needs_rights = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="to capture needs to be root"
)
needs_openssl = pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> tuple[str, str]:
    folder = tmp_path_factory.mktemp("certificate")
    key, certificate = str(folder / "key.pem"), str(folder / "certificate.pem")
    ask = f"openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -days 2 -keyout {key} -out {certificate}"
    subprocess.run(ask.split(), check=True, capture_output=True)
    return certificate, key


@pytest.fixture
def server(certificate) -> Iterator[int]:
    """Serve TLS on loopback, many connections at once; yield the port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(connection: socket.socket) -> None:
        try:
            with context.wrap_socket(connection, server_side=True) as talk:
                talk.sendall(b"welcome")
                talk.recv(1)
        except OSError:
            connection.close()

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def connect(port: int, context: ssl.SSLContext) -> ssl.SSLSocket:
    return context.wrap_socket(
        socket.create_connection(("127.0.0.1", port)), server_hostname="localhost"
    )


@needs_rights
@needs_openssl
@pytest.mark.parametrize("name", INSTALLED)
def test_handshakes_on_loopback_are_told_as_they_end(name, server, certificate):
    """One whose connection stays open, and one whose client does not trust the server."""
    trusting = ssl.create_default_context(cafile=certificate[0])
    process = subprocess.Popen(
        [sys.executable, "-c", TELL, name, str(server)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(tlsparse.__file__).parent.parent)},
    )
    assert process.stdout is not None
    assert "ready\n" == process.stdout.readline()
    with connect(server, trusting) as kept_open:
        assert b"welcome" == kept_open.recv(16)
        assert "completed application_data\n" == process.stdout.readline()
        with pytest.raises(ssl.SSLCertVerificationError):
            connect(server, ssl.create_default_context())
        assert "alerted certificate\n" == process.stdout.readline()
    process.stdout.close()
    assert 0 == process.wait(10)


TELL = """
import sys, threading, tlsparse
from tlsparse.pcap import live
live.TOOLS = [tool for tool in live.TOOLS if tool.name == sys.argv[1]]
handshakes = tlsparse.stream(interface="lo", capture_filter=f"tcp port {sys.argv[2]}")
threading.Timer(1.5, lambda: print("ready", flush=True)).start()
for _ in range(2):
    handshake = next(handshakes)
    print(handshake.outcome, handshake.step, flush=True)
handshakes.close()
"""

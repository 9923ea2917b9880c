"""The bench on which a scenario plays: servers on one side, clients on the other, tcpdump between.

A `Lab` knows how to start a program on either side, to wait until a server listens, to talk to a
client with pauses, and to record packets. It also notes which stacks took part, in which version.
"""

from __future__ import annotations

import contextlib
import functools
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from network import LINK, Side, inside

PROGRAMS = Path(__file__).with_name("programs")

# How each stack says its version, and that of the library below: the command, and where in its
# answer they stand.
_PYTHON = f"{sys.executable} -c"
VERSIONS = {
    "OpenSSL": ("openssl version", r"OpenSSL (\S+)"),
    "curl": ("curl --version", r"curl (\S+).* (OpenSSL/\S+)"),
    "nginx": ("nginx -V", r"nginx/(\S+)[^$]*?(OpenSSL \S+)"),
    "GnuTLS": ("gnutls-cli --version", r"gnutls-cli (\S+)"),
    "NSS": ("dpkg-query -W -f ${Version} libnss3", r"(?:\d+:)?([\d.]+)"),
    "Go": ("go version", r"go(\d\S+)"),
    "Java": ("java -version", r'version "(\S+)"'),
    "Node.js": (
        "node -p '`${process.version} OpenSSL ${process.versions.openssl}`'",
        r"v(\S+) (OpenSSL \S+)",
    ),
    "Python": (f"{_PYTHON} 'import platform; print(platform.python_version())'", r"(\S+)"),
    "Python ssl": (
        f"{_PYTHON} 'import platform, ssl; print(platform.python_version(), ssl.OPENSSL_VERSION)'",
        r"(\S+) (OpenSSL \S+)",
    ),
    "tlslite-ng": (f"{sys.executable} -m pip show tlslite-ng", r"Version: (\S+)"),
    "aioquic": (f"{sys.executable} -m pip show aioquic", r"Version: (\S+)"),
    "curl_cffi": (f"{sys.executable} -m pip show curl_cffi", r"Version: (\S+)"),
}


class Lab:
    """One scenario's programs; a context manager that ends those still running.

    Parameters
    ----------
    folder
        Working directory of every program: the keys and certificates are here by name.
    keylog
        Where programs that can should write their TLS secrets, or None.
    """

    def __init__(self, folder: Path, keylog: Path | None = None) -> None:
        self.folder, self.keylog = folder, keylog
        self.stacks: list[str] = []
        self.environment = {**os.environ, "HOME": str(folder)}
        if keylog:
            self.environment["SSLKEYLOGFILE"] = str(keylog)
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Lab:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop_servers()

    def stop_servers(self) -> None:
        """End the servers at once, leaving their port to whoever comes next."""
        for process in self._running:
            process.kill()
            process.wait()
        self._running.clear()

    def prepare(self, command: str) -> None:
        """Run a command that takes no part in the capture, as one that makes a key database."""
        done = subprocess.run(
            shlex.split(command),
            cwd=self.folder,
            env=self.environment | {"HOME": os.environ.get("HOME", "/root")},
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            raise RuntimeError(f"{command}\n{done.stdout}{done.stderr}")

    def serve(self, stack: str, command: str, *, port: int = 443, side: Side = "server") -> None:
        """Start a server and return when it listens on `port`."""
        process, said = self._start(stack, command, side)
        self._running.append(process)
        for _ in range(400):
            if process.poll() is not None:
                raise RuntimeError(f"server ended at once: {command}\n{said.read_text()}")
            if _listens(process.pid, port):
                return
            time.sleep(0.02)
        raise RuntimeError(f"server does not listen on port {port}: {command}")

    def run(
        self, stack: str, command: str, *, say: Sequence[bytes | float] = (), timeout: float = 15
    ) -> str:
        """Run a client to its end, or end it after `timeout` seconds; return what it printed.

        `say` is what to write to its standard input; a number is a pause in seconds.
        """
        process, said = self._start(stack, command, "client")
        assert process.stdin
        with contextlib.suppress(BrokenPipeError):
            for part in say:
                if isinstance(part, bytes):
                    process.stdin.write(part)
                    process.stdin.flush()
                else:
                    time.sleep(part)
            process.stdin.close()
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        return said.read_text(errors="replace")

    def _start(self, stack: str, command: str, side: Side) -> tuple[subprocess.Popen[bytes], Path]:
        """Start a program; return it, and the file that takes what it prints."""
        named = with_version(stack)
        if named not in self.stacks:
            self.stacks.append(named)
        said = self.folder / f"said-{time.monotonic_ns()}.log"
        with said.open("wb") as log:
            process = subprocess.Popen(
                [*inside(side), *shlex.split(command)],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        return process, said


@contextlib.contextmanager
def recording(
    file: Path,
    *,
    where: Sequence[str],
    what: str = "tcp or udp or icmp",
    link: str = LINK,
    options: Sequence[str] = (),
) -> Iterator[None]:
    """Record packets of `link` into `file` while the block runs.

    `where` is the start of a command line as made by `network.inside`, `what` a capture filter;
    the default leaves out what hosts say among themselves about addresses.
    """
    command = [*where, "tcpdump", "-i", link, "-n", "--immediate-mode", "-U", "-Z", "root"]
    tcpdump = subprocess.Popen(
        [*command, *options, "-w", str(file), what],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )
    assert tcpdump.stderr
    for line in tcpdump.stderr:
        if b"listening on" in line:
            break
    else:
        raise RuntimeError(f"tcpdump did not start: {' '.join(command)}")
    try:
        yield
    finally:
        time.sleep(0.2)  # what is still on the wire
        tcpdump.send_signal(signal.SIGINT)
        tcpdump.communicate()


@functools.cache
def with_version(stack: str) -> str:
    """`stack` with its version and its library's: ``curl 7.88.1 (OpenSSL/3.0.19)``."""
    command, pattern = VERSIONS[stack]
    done = subprocess.run(shlex.split(command), capture_output=True, text=True)
    found = re.search(pattern, done.stdout + done.stderr)
    if not found:
        raise RuntimeError(f"{stack} is missing: {command!r} does not tell its version")
    number, *library = found.groups()
    return f"{stack} {number}" + (f" ({library[0]})" if library else "")


def _listens(pid: int, port: int) -> bool:
    """Whether some socket in the namespace of process `pid` listens on `port`, TCP or UDP."""
    listening = {"tcp": "0A", "tcp6": "0A", "udp": "07", "udp6": "07"}
    for table, wanted in listening.items():
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            _, local, _, state, *_ = line.split()
            if state == wanted and int(local.rpartition(":")[2], 16) == port:
                return True
    return False

"""Live capture: packets of a network interface, from dumpcap or tcpdump.

To capture needs rights that a reader of captures should not have, and these programs are made to hold them. The one
that is installed runs as a child whose standard output is a pcap; for `read_blocks` that is a pipe as any other. The
child has a session of its own, so that Ctrl-C reaches only us, and we may still read what it has; it is always reaped.
"""

from __future__ import annotations

import difflib
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, NamedTuple

from tlsparse.errors import LiveCaptureError, NotACaptureError

PATIENCE_S = 3.0
"""How long a child that was asked to end may take."""

LONGEST_WORDS = 64 << 10
"""Bytes that are read of what a child said on standard error."""


class Tool(NamedTuple):
    """A program that captures."""

    name: str
    options: tuple[
        str, ...
    ]  # deliver each packet at once, as pcap, and lose none while we are busy
    filter_option: str  # what stands before a filter
    right: str  # how to get the right to capture without being root


TOOLS = (
    Tool(
        "dumpcap",
        ("-q", "-P", "-B", "32", "-w", "-"),
        "-f",
        "join the group wireshark (sudo usermod -aG wireshark $USER) and log in again",
    ),
    Tool(
        "tcpdump",
        ("-U", "--immediate-mode", "-B", "32768", "-w", "-"),
        "--",
        "give it the right once: sudo setcap cap_net_raw,cap_net_admin=ep $(command -v tcpdump)",
    ),
)
"""In the order of preference: dumpcap is the smaller program to hold rights, and where it may be run it has them."""


class LiveCapture:
    """A child that captures.

    Attributes
    ----------
    packets
        Its standard output: a pcap that grows.
    is_stopped
        Whether it was asked to end.
    """

    def __init__(self, tool: Tool, interface: str, capture_filter: str | None) -> None:
        self._tool = tool
        self._interface = interface
        self.is_stopped = False
        self._words = tempfile.TemporaryFile()  # noqa: SIM115 - closed in `close`
        command = [tool.name, *tool.options, "-i", interface]
        if capture_filter:
            command += [tool.filter_option, capture_filter]
        try:
            self._child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=self._words,
                bufsize=0,
                start_new_session=True,
            )
        except OSError as error:
            self._words.close()
            raise LiveCaptureError(
                f"{tool.name} cannot be run: {error.strerror or error}"
            ) from error
        assert self._child.stdout is not None
        self.packets: IO[bytes] = self._child.stdout

    def stop(self) -> None:
        """Ask the child to end; what it has captured can still be read."""
        self.is_stopped = True
        if self._child.poll() is None:
            self._child.terminate()

    def close(self) -> None:
        """End the child, whatever it takes, and reap it."""
        self.stop()
        self.packets.close()
        try:
            self._child.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._words.close()

    def complaint(self) -> str | None:
        """Say why the child ended by itself, when there is nothing more to read; None if it did not."""
        if self.is_stopped:
            return None
        try:
            status = self._child.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            return None
        return _in_words(self._tool, self._interface, self._said()) if status > 0 else None

    def _said(self) -> str:
        self._words.seek(0)
        return self._words.read(LONGEST_WORDS).decode("utf-8", "replace")


@contextmanager
def capture_interface(interface: str, capture_filter: str | None = None) -> Iterator[LiveCapture]:
    """Capture on a network interface.

    Parameters
    ----------
    interface
        Its name: ``eth0``, or ``any`` where the system has that.
    capture_filter
        Which packets, in the language of pcap-filter(7): ``tcp port 443``. All by default.

    Raises
    ------
    LiveCaptureError
        There is no program to capture with, it may not, or the interface does not exist.
    """
    tool = next((tool for tool in TOOLS if shutil.which(tool.name)), None)
    if tool is None:
        raise LiveCaptureError(
            "to capture on an interface, dumpcap (a part of Wireshark) or tcpdump must be installed, and neither is"
        )
    live = LiveCapture(tool, interface, capture_filter)
    try:
        yield live
    except NotACaptureError as error:  # nothing came but the end
        if not live.is_stopped:
            raise LiveCaptureError(live.complaint() or str(error)) from None
    finally:
        live.close()


def _in_words(tool: Tool, interface: str, said: str) -> str:
    """Say in one line why a tool could not capture, and what would be right."""
    lowered = said.lower()
    if "permission" in lowered or "operation not permitted" in lowered:
        return f"{tool.name} may not capture on {interface}: run this with sudo, or {tool.right}"
    if "no such device" in lowered or "no device named" in lowered:
        return f"there is no interface {interface!r}; {_others(interface)}"
    return f"{tool.name} on {interface}: {_first_line(tool, said)}"


def _others(interface: str) -> str:
    """Name the interface that may be meant, or all that there are."""
    names = [name for _, name in socket.if_nameindex()]
    alike = difflib.get_close_matches(interface, names, n=1)
    return f"did you mean {alike[0]}?" if alike else f"there are {', '.join(names)}"


def _first_line(tool: Tool, said: str) -> str:
    """Return the first line in which a tool complains, without its name."""
    for line in said.splitlines():
        if line.startswith(f"{tool.name}: ") and not line.startswith(f"{tool.name}: listening on"):
            return line.removeprefix(f"{tool.name}: ").strip()
    return "it ended without a word"

"""A bar for who waits: after a second, on a terminal or in a notebook, and nowhere else."""

from __future__ import annotations

import io
import subprocess
import sys
from types import SimpleNamespace

import pytest

import tlsparse
from tlsparse import progress
from tlsparse.progress import shown_progress
from tlsparse.reading import Reading


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch) -> Terminal:
    screen = Terminal()
    monkeypatch.setattr(progress, "sys", SimpleNamespace(stderr=screen, modules=sys.modules))
    return screen


@pytest.fixture
def at_once(monkeypatch) -> None:
    monkeypatch.setattr(progress, "DELAY_S", 0.0)


def test_on_a_terminal_it_shows_bytes_and_goes_away(terminal, at_once):
    with shown_progress("large.pcap", 2_000_000) as tell:
        tell(1_000_000)
        assert "large.pcap:  50%" in terminal.getvalue()
        assert "1.00M/2.00M" in terminal.getvalue()

    assert terminal.getvalue().endswith("\r")
    assert "" == terminal.getvalue().rpartition("\r")[0].rpartition("\r")[2].strip()


def test_it_appears_though_all_bytes_are_done_when_it_still_takes_long(terminal, monkeypatch):
    with shown_progress("large.pcap", 2_000_000) as tell:
        tell(2_000_000)
        assert "" == terminal.getvalue()
        monkeypatch.setattr(progress, "DELAY_S", 0.0)
        tell(2_000_000)
        assert "100%" in terminal.getvalue()


def test_what_is_quick_shows_nothing(terminal):
    with shown_progress("small.pcap", 2_000) as tell:
        tell(1_000)
        tell(2_000)

    assert "" == terminal.getvalue()


def test_into_a_pipe_nothing_is_shown(monkeypatch, at_once):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with shown_progress("large.pcap", 2_000_000) as tell:
        assert tell is None


@pytest.mark.parametrize("shown", [False, True])
def test_who_asks_decides(shown, monkeypatch, at_once, captures):
    screen = Terminal() if not shown else io.StringIO()
    monkeypatch.setattr(sys, "stderr", screen)
    tlsparse.read(captures / "tls13.pcap", progress=shown)

    assert shown == ("tls13.pcap" in screen.getvalue())


def test_all_bytes_of_a_source_are_done_in_the_end_packed_or_not(captures, monkeypatch, at_once):
    for name in ("tls13.pcap", "compressed.pcap.gz", "two_sections.pcapng"):
        path = captures / name
        done: list[int] = []
        reading = Reading(False, progress=done.append)
        list(reading.conversations(path))

        assert path.stat().st_size == done[-1]


def test_a_hostile_name_does_not_reach_the_terminal(terminal, at_once):
    with shown_progress("a\x1b[2Jb" + "x" * 500, 10) as tell:
        tell(5)

    assert "\x1b[2J" not in terminal.getvalue()
    assert "x" * 50 not in terminal.getvalue()


def test_a_notebook_is_known_by_its_kernel(monkeypatch):
    shell = type("ZMQInteractiveShell", (), {})()
    monkeypatch.setitem(sys.modules, "ipykernel", SimpleNamespace())
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setattr(sys, "stderr", io.StringIO())

    assert progress.is_watched()
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: None))
    assert not progress.is_watched()


def test_a_small_capture_does_not_import_tqdm(captures):
    code = "import sys, tlsparse; tlsparse.read(sys.argv[1], progress=True); print('tqdm' in sys.modules)"
    shown = subprocess.run(
        [sys.executable, "-c", code, str(captures / "tls13.pcap")],
        capture_output=True,
        text=True,
        check=True,
    )

    assert ("False\n", "") == (shown.stdout, shown.stderr)

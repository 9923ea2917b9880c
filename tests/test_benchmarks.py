"""The benchmark's captures are what they say, and its table holds what was measured."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

import tlsparse

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


@pytest.fixture(scope="module")
def traffic():
    spec = spec_from_file_location("benchmark_traffic", BENCHMARKS / "traffic.py")
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def capture_of(traffic, *args, **options) -> tuple[bytes, int]:
    out = io.BytesIO()
    packets = traffic.write_capture(out, *args, **options)
    return out.getvalue(), packets


def test_the_same_arguments_give_the_same_bytes(traffic):
    one = capture_of(traffic, 30, data_bytes=20_000, background=0.5)

    assert one == capture_of(traffic, 30, data_bytes=20_000, background=0.5)
    assert one != capture_of(traffic, 30, data_bytes=20_000, background=0.5, seed=2)


def test_a_capture_holds_as_many_handshakes_as_it_says_and_no_two_alike(traffic):
    data, packets = capture_of(traffic, 220, background=1.0)
    capture = tlsparse.read(data)
    hellos = [handshake.client_hello for _, handshake in capture.contents.each()]

    assert packets == capture.packets
    assert 220 == len(capture.contents.flows)
    assert 220 == len({hello.random for hello in hellos})
    assert {"completed", "alerted"} == {h.outcome for _, h in capture.contents.each()}
    assert [] == capture.contents.problems


def test_application_data_goes_on_where_the_handshake_ends_and_before_the_close(traffic):
    data, _ = capture_of(traffic, 20, data_bytes=200_000)
    capture = tlsparse.read(data)

    assert 20 * 200_000 < len(data)
    assert {"completed", "alerted"} == {h.outcome for _, h in capture.contents.each()}
    for flow in capture.contents.flows:
        assert 200_000 // traffic.SEGMENT_BYTES < flow.packets
        assert [[], []] == [stream.gaps for stream in flow.streams]
        assert (0, 0) == flow.retransmissions
    assert [] == capture.contents.problems


def test_the_table_is_printed_and_written(tmp_path):
    """Without tshark it has the figures of tlsparse only."""
    figures = tmp_path / "figures.json"
    options = ["--scale", "0.001", "--runs", "1", "--only", "small,mixed", "--no-tshark"]
    run = subprocess.run(
        [sys.executable, str(BENCHMARKS / "compare.py"), *options, "--json", str(figures)],
        capture_output=True,
        text=True,
    )

    assert run.returncode == 0, run.stderr
    lines = run.stdout.splitlines()
    assert ["small", "mixed"] == [line.split()[0] for line in lines[-2:]]
    written = json.loads(figures.read_text())
    assert {"small", "mixed"} == set(written["captures"])
    assert written["captures"]["mixed"]["tlsparse_seconds"] > 0
    assert "speed" not in written["captures"]["mixed"]
    assert "tshark" in written["about"]


def test_a_capture_that_is_not_known_is_named():
    run = subprocess.run(
        [sys.executable, str(BENCHMARKS / "compare.py"), "--only", "huge"],
        capture_output=True,
        text=True,
    )

    assert run.returncode == 2
    assert "there is no capture 'huge'" in run.stderr

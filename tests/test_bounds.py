"""Memory and time have bounds, whatever a capture holds: they follow what is open and what is told, never the file.

The captures are floods (`captures/make/floods.py`), made while they are read. What each may cost is in `KILOBYTES`;
the limits behind that are constants, which some tests make small so that few packets reach them.
"""

from __future__ import annotations

import subprocess
import sys
import time
import tracemalloc
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

import tlsparse
from tlsparse.flow import datagrams, table
from tlsparse.flow.table import FlowTable
from tlsparse.flow.tracking import KEEP_LIMIT, ROWS_LIMIT
from tlsparse.handshake import crowd
from tlsparse.handshake.course import forget
from tlsparse.handshake.order import MOST_RECORDS
from tlsparse.net.packets import locate_packets
from tlsparse.pcap.source import read_blocks

ROOT = Path(__file__).parent.parent
FLOODS = ROOT / "captures" / "make" / "floods.py"
SECOND = 1_000_000_000


@pytest.fixture(scope="module")
def floods():
    spec = spec_from_file_location("floods", FLOODS)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# --- Memory -----------------------------------------------------------------------------------------------------------

KILOBYTES = {
    "syn_flood": 6,
    "syn_flood_elsewhere": 6,
    "sudden_syn_flood": 6,
    "scan": 6,
    "refused": 7,
    "half_open": 7,
    "reopened": 6,
    "unanswered_hellos": 9,
    "bulk": 0.1,
    "endless": 1.5,
    "renegotiations": 5,
    "warnings": 0.6,
    "tiny_records": 0.1,
    "empty_records": 0.3,
    "one_byte_segments": 0.9,
    "plain_bytes": 0.9,
    "holes": 1.5,
    "backwards": 1.5,
    "overlaps": 2.5,
    "certificates": 0.3,
    "dtls_hellos": 10,
    "dtls_alerts": 7,
    "quic_lookalikes": 9,
    "quic_connections": 0.5,
    "fragments": 4,
}
"""What one more connection, packet, record or certificate takes at most, as long as no limit is reached. Times 100 it
is the megabytes of 100 000."""


def peak_bytes(capture) -> int:
    """Read a capture; return the most memory that was in use, that of its packets included."""
    tracemalloc.start()
    try:
        tlsparse.read(capture)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", KILOBYTES)
def test_what_one_more_takes_is_known(floods, name):
    tlsparse.read(floods.flood(name, 50))  # imports what is needed
    few, many = (floods.flood(name, count).readall() for count in (200, 450))
    more = peak_bytes(floods.flood(name, 450)) - peak_bytes(floods.flood(name, 200))

    assert 250 * KILOBYTES[name] * 1024 + 2 * (len(many) - len(few)) > more


def test_every_flood_has_a_bound(floods):
    assert set(floods.FLOODS) - {"long_message"} == set(KILOBYTES)


def flows_of(flood, chunk_bytes=1 << 16):
    """Run a flood through a flow table; return its flows, and the most slots that were in use."""
    flow_table, flows, most = FlowTable(), [], 0
    for block in read_blocks(flood, None, chunk_bytes=chunk_bytes):
        flows += flow_table.add(block, locate_packets(block))
        most = max(most, flow_table._open)
    return [*flows, *flow_table.finish()], most


def test_an_unanswered_connection_is_over_when_tcp_gives_up(floods):
    """Each comes a second after the one before, so some 150 are waited for at a time."""
    flood = floods.Flood(
        (floods.BEGIN + n * SECOND, data) for n, (_, data) in enumerate(floods.syn_flood(600))
    )
    flows, most = flows_of(flood, chunk_bytes=1 << 11)

    assert 600 == len(flows)
    assert 200 > most


@pytest.mark.parametrize("name", ["sudden_syn_flood", "half_open", "refused"])
def test_of_wordless_connections_the_oldest_are_over_when_there_are_too_many(
    floods, monkeypatch, name
):
    monkeypatch.setattr(table, "WORDLESS_LIMIT", 100)
    flows, most = flows_of(floods.flood(name, 1500), chunk_bytes=1 << 13)

    # None is lost, and none told twice.
    assert list(range(1500)) == sorted(flow.number for flow in flows)
    assert 100 >= most


def test_open_connections_have_a_limit(floods, monkeypatch):
    monkeypatch.setattr(table, "OPEN_LIMIT", 100)
    flows, most = flows_of(floods.flood("unanswered_hellos", 800), chunk_bytes=1 << 13)

    assert 800 == sum(1 for flow in flows if flow.milestones)
    assert 100 >= most


def test_the_bytes_of_open_connections_have_a_limit(floods, monkeypatch):
    monkeypatch.setattr(table, "BYTES_LIMIT", 100_000)
    flows, most = flows_of(floods.flood("unanswered_hellos", 800), chunk_bytes=1 << 13)

    assert 800 == sum(1 for flow in flows if flow.milestones)
    assert 100_000 / (3 * table.ROW_BYTES) > most


def test_pairs_of_endpoints_have_a_limit(floods, monkeypatch):
    """In blocks of some 300 datagrams: what is over has its row, and its slot is another's."""
    monkeypatch.setattr(datagrams, "PAIRS_LIMIT", 100)
    monkeypatch.setattr("tlsparse.pcap.source.CHUNK_BYTES", 1 << 15)
    capture = tlsparse.read(floods.flood("dtls_hellos", 1000))

    assert 1000 == len(capture.contents.flows)
    assert 1000 == len({handshake.client.ip for _, handshake in capture.contents.each()})


def test_attempts_that_nobody_answered_are_counted_when_there_are_too_many(floods, monkeypatch):
    monkeypatch.setattr(crowd, "EACH_LIMIT", 100)
    for name in ("syn_flood", "scan", "half_open", "unanswered_hellos", "dtls_hellos"):
        capture = tlsparse.read(floods.flood(name, 3000))
        problems = [problem.problem for problem in capture.contents.problems]
        # What was under way when the capture ended is cut, and no attempt that failed.
        assert len(capture.contents.flows) < 1700, name
        assert any("attempts that nobody answered have no rows" in text for text in problems), name


def test_who_is_no_part_of_a_crowd_keeps_its_row(floods, monkeypatch):
    monkeypatch.setattr(crowd, "EACH_LIMIT", 100)
    lonely = floods.Connection(1 << 20)
    lonely.ends = lonely.ends[0], (floods.address(1 << 21), 8443)
    packets = [
        *floods.syn_flood(300),
        (floods.BEGIN + SECOND, lonely.packet(0, -1, flags=floods.SYN)),
        (floods.BEGIN + 60 * SECOND, floods.udp(b"\1" * 4, 1, b"\2" * 4, 2, b"")),
    ]
    capture = tlsparse.read(floods.Flood(packets))

    assert 101 == len(capture.contents.flows)
    assert "10.16.0.0" in {handshake.client.ip for _, handshake in capture.contents.each()}
    assert ["200 more attempts that nobody answered have no rows"] == list(
        capture.problems["problem"]
    )


def test_of_one_direction_only_so_many_bytes_and_packets_are_kept(floods):
    (flow,), _ = flows_of(floods.flood("one_byte_segments", ROWS_LIMIT + 3000))

    assert ROWS_LIMIT >= len(flow.streams[0].starts)
    (flow,), _ = flows_of(floods.flood("long_message", 200))
    assert KEEP_LIMIT >= sum(len(run.data) for run in flow.streams[1].runs)


@pytest.mark.parametrize(
    ("name", "count"), [("warnings", 20_000), ("empty_records", 20_000), ("long_message", 20)]
)
def test_of_one_side_only_so_many_records_are_told(floods, name, count):
    """The last record may hold 4000 messages."""
    capture = tlsparse.read(floods.flood(name, count))
    handshake = capture.handshake(0)

    assert 2 * MOST_RECORDS > len(handshake.events)
    assert MOST_RECORDS + 1 >= len(handshake.line.records)
    assert any(f"{MOST_RECORDS} records" in text for text in capture.problems["problem"])


# --- Time -------------------------------------------------------------------------------------------------------------


def lines_of(capture) -> int:
    """Count the lines of Python that reading a capture takes: the kernels' too, and the same on every machine."""
    count = 0

    def trace(frame, event, argument):
        nonlocal count
        count += 1
        return trace

    forget()  # else a flow that was met before takes fewer, unless it is too large
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        repr(tlsparse.read(capture))
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("name", [*KILOBYTES, "long_message"])
def test_twice_as_much_takes_twice_the_steps(floods, name):
    sizes = {"warnings": 1000, "empty_records": 1000, "tiny_records": 1000, "long_message": 5}
    size = sizes.get(name, 40)
    counts = size, 2 * size, 4 * size
    for count in counts:
        tlsparse.read(floods.flood(name, count))  # what is remembered is so each time
    one, two, four = (lines_of(floods.flood(name, count)) for count in counts)

    assert four - two <= 2.3 * (two - one) + 500


@pytest.mark.slow
@pytest.mark.parametrize("name", [*KILOBYTES, "long_message"])
def test_twice_as_much_takes_twice_the_time(floods, name):
    """The limits are reached here; what lies beyond them must not take longer."""
    sizes = {"warnings": 200_000, "empty_records": 200_000, "tiny_records": 200_000}
    size = sizes.get(name, 20 if name == "long_message" else 5_000)
    seconds = []
    for count in (size, 2 * size, 4 * size):
        data = floods.flood(name, count).readall()
        begun = time.process_time()
        tlsparse.read(data)
        seconds.append(time.process_time() - begun)

    assert seconds[2] < 3 * seconds[1] + 0.5


# --- Whole processes, compiled ----------------------------------------------------------------------------------------

READ_A_FLOOD = """
import json, resource, sys
from importlib.util import module_from_spec, spec_from_file_location
import tlsparse, tlsparse.capture
from tlsparse.compiled import compile_kernels
from tlsparse.flow import datagrams, table

spec = spec_from_file_location("floods", sys.argv[1])
floods = module_from_spec(spec)
spec.loader.exec_module(floods)
compile_kernels()
if sys.argv[3] == "300":  # only to compile what the others use, with their limits reached
    table.WORDLESS_LIMIT = table.OPEN_LIMIT = datagrams.PAIRS_LIMIT = 50
capture = tlsparse.read(floods.flood(sys.argv[2], int(sys.argv[3])))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
flows = capture.contents.flows
print(json.dumps([peak, len(flows), sum(flow.packets for flow in flows), capture.packets]))
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "count", "megabytes"),
    [
        ("sudden_syn_flood", 250_000, 600),
        ("syn_flood", 250_000, 600),
        ("half_open", 150_000, 600),
        ("bulk", 100_000, 500),  # 4.9 GB: the numbers of TCP begin anew
        ("endless", 1_000_000, 500),
        ("tiny_records", 20_000_000, 500),
        ("dtls_hellos", 100_000, 800),
        ("fragments", 200_000, 500),
    ],
)
def test_a_huge_capture_is_read_in_bounded_memory(name, count, megabytes):
    pytest.importorskip("numba")
    for size in (300, count):  # the first compiles, which takes more memory than anything else
        run = subprocess.run(
            [sys.executable, "-c", READ_A_FLOOD, str(FLOODS), name, str(size)],
            capture_output=True,
            text=True,
            cwd=ROOT,
        )
        assert run.returncode == 0, run.stderr
    peak, rows, told, packets = tuple(map(float, run.stdout.strip("[]\n").split(",")))

    assert megabytes > peak
    if name in ("bulk", "endless", "tiny_records"):
        assert (1, told) == (rows, packets)

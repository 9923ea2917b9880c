#!/usr/bin/env python3
"""Time tlsparse against tshark on the same captures: whole processes, in turn, in one run.

tlsparse runs `diagnose --json CAPTURE`, with everything that this includes: start, imports, reading, reassembly,
decoding, diagnosis. tshark prints the fields of each handshake message and alert; it diagnoses nothing. Without tshark
only tlsparse is timed.

For each capture the table has the median seconds and the peak memory of both, and two ratios: how many times as fast
tlsparse is, and which part of tshark's memory it needs. `long` is `bulk` four times over: its memory must be the same.

The captures are made out of those of this repository (see traffic.py), about 3 GB in a temporary directory, which is
removed afterwards. Kernels are compiled before the first measurement.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

import traffic

ROOT = Path(__file__).parent.parent


class Plan(NamedTuple):
    """What a capture holds."""

    connections: int
    data_bytes: int = 0
    background: float = 0.0
    about: str = ""


PLANS = {
    "small": Plan(0, about="one connection, a capture of this repository as it is"),
    "dense": Plan(20_000, about="20 000 handshakes, no two alike, and nothing else"),
    "mixed": Plan(10_000, 0, 2.0, "10 000 handshakes among twice as many other packets"),
    "bulk": Plan(100, 5_000_000, 0.0, "100 connections with 5 MB each"),
    "long": Plan(400, 5_000_000, 0.0, "400 connections with 5 MB each"),
}

SMALL = ROOT / "captures" / "tls13.pcap"

TSHARK = (
    "tshark -n -r {} -Y tls.handshake||tls.alert_message -T fields -e frame.number -e frame.time_epoch -e tcp.stream"
    " -e tls.handshake.type -e tls.handshake.extensions_server_name -e tls.alert_message.desc"
)


class Cost(NamedTuple):
    """What one process took."""

    seconds: float
    megabytes: float
    status: int


def measure(command: Sequence[str]) -> Cost:
    """Run a command to its end."""
    begun = time.perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT
    ) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10  # getrusage(2) counts bytes there
    return Cost(time.perf_counter() - begun, usage.ru_maxrss / unit, process.returncode)


def make(name: str, folder: Path, scale: float) -> Path:
    """Make a capture, unless it is there."""
    if name == "small":
        return SMALL
    path = folder / f"{name}.pcap"
    if not path.exists():
        plan = PLANS[name]
        part = path.with_suffix(".part")
        with open(part, "wb", buffering=1 << 20) as out:
            connections = max(1, round(plan.connections * scale))
            traffic.write_capture(
                out, connections, data_bytes=plan.data_bytes, background=plan.background
            )
        part.rename(path)
    return path


def compare(path: Path, ours: Sequence[str], theirs: str | None, runs: int) -> dict[str, Any]:
    """Time both on one capture, in turn."""
    mine = [*ours, "diagnose", "--json", str(path)]
    peer = shlex.split(theirs.format(shlex.quote(str(path)))) if theirs else None
    pairs = []
    for _ in range(runs):
        pairs.append((measure(mine), measure(peer) if peer else None))
    statuses = {one.status for one, _ in pairs}
    if not statuses <= {0, 1}:  # 1: some handshake failed
        sys.exit(f"{shlex.join(mine)} ended with status {max(statuses)}")
    row: dict[str, Any] = {
        "megabytes": path.stat().st_size / 1e6,
        "tlsparse_seconds": statistics.median(one.seconds for one, _ in pairs),
        "tlsparse_megabytes": statistics.median(one.megabytes for one, _ in pairs),
    }
    others = [other for _, other in pairs if other is not None]
    if others:
        row["tshark_seconds"] = statistics.median(other.seconds for other in others)
        row["tshark_megabytes"] = statistics.median(other.megabytes for other in others)
        row["speed"] = statistics.median(b.seconds / a.seconds for a, b in pairs if b is not None)
        row["memory"] = row["tlsparse_megabytes"] / row["tshark_megabytes"]
    return row


# --- What it says -----------------------------------------------------------------------------------------------------


def machine(ours: Sequence[str], tshark: str | None) -> dict[str, str]:
    """Describe the machine, and the versions of what is compared."""
    about = {
        "machine": f"{_processor()}, {os.cpu_count()} processors, {platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "tlsparse": _said(*ours, "--version"),
    }
    for package in ("numba", "numpy"):
        try:
            about[package] = version(package)
        except PackageNotFoundError:
            about[package] = "not installed"
    about["tshark"] = _said(tshark, "--version") if tshark else "not installed"
    return about


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _said(*command: str) -> str:
    """Return the first line that a command prints."""
    run = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    return (run.stdout.splitlines() or run.stderr.splitlines() or ["unknown"])[0]


HEADING = (
    f"{'capture':8} {'MB':>6} | {'tlsparse s':>10} {'MB':>6} | {'tshark s':>9} {'MB':>6} |"
    f" {'speed':>7} {'memory':>7}"
)


def line(name: str, row: dict[str, Any]) -> str:
    """Write one row of the table."""
    text = (
        f"{name:8} {row['megabytes']:6.0f} | {row['tlsparse_seconds']:10.2f}"
        f" {row['tlsparse_megabytes']:6.0f} |"
    )
    if "speed" in row:
        text += (
            f" {row['tshark_seconds']:9.2f} {row['tshark_megabytes']:6.0f} |"
            f" {row['speed']:6.1f}x {row['memory']:6.2f}x"
        )
    return text


def arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    plans = "\n".join(f"  {name:6} {plan.about}" for name, plan in PLANS.items())
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog=f"captures:\n{plans}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--only", metavar="NAME,...", default=",".join(PLANS), help="these captures only"
    )
    parser.add_argument("--runs", type=int, default=3, help="how often each is timed (3)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    parser.add_argument(
        "--tlsparse",
        metavar="COMMAND",
        help="what to run in place of this checkout, as a shell would split it",
    )
    parser.add_argument("--no-tshark", action="store_true", help="time tlsparse only")
    parser.add_argument(
        "--captures",
        type=Path,
        metavar="DIR",
        help="keep the captures there, and take those that are there already",
    )
    parser.add_argument(
        "--scale", type=float, default=1.0, help="make captures so many times as large (1)"
    )
    chosen = parser.parse_args(argv)
    chosen.only = chosen.only.split(",")
    unknown = [name for name in chosen.only if name not in PLANS]
    if unknown:
        parser.error(f"there is no capture {unknown[0]!r}; there are {', '.join(PLANS)}")
    if chosen.runs < 1 or chosen.scale <= 0:
        parser.error("--runs and --scale are above zero")
    return chosen


def main(argv: Sequence[str] | None = None) -> None:
    """Compare, print the table, and write the figures."""
    chosen = arguments(argv)
    ours = shlex.split(chosen.tlsparse) if chosen.tlsparse else [sys.executable, "-m", "tlsparse"]
    tshark = None if chosen.no_tshark else shutil.which("tshark")
    about = machine(ours, tshark)
    for name, what in about.items():
        print(f"{name:9} {what}")
    print(f"\n{HEADING}", flush=True)
    rows = {}
    with tempfile.TemporaryDirectory(prefix="tlsparse-benchmark-") as temporary:
        folder = chosen.captures or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for name in chosen.only:
            path = make(name, folder, chosen.scale)
            measure([*ours, "diagnose", "--json", str(path)])  # compiles, and fills the file cache
            rows[name] = compare(path, ours, TSHARK if tshark else None, chosen.runs)
            print(line(name, rows[name]), flush=True)
            if chosen.captures is None and path != SMALL:
                path.unlink()
    if chosen.json:
        chosen.json.write_text(json.dumps({"about": about, "captures": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()

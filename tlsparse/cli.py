"""The command line: thin, every verb one call into the rooms.

Nothing but the answer goes to standard output; what was wrong with a capture goes to standard error. Exit status: 0 when
all handshakes are fine, 1 when at least one failed, 2 when the command could not do what was asked.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tlsparse import __version__
from tlsparse.errors import TlsparseError

if TYPE_CHECKING:
    from tlsparse.capture import Capture

OK, FAILED, UNABLE = 0, 1, 2

FRAMES = (
    "flows",
    "handshakes",
    "messages",
    "alerts",
    "records",
    "extensions",
    "offers",
    "certificates",
    "events",
    "problems",
    "findings",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.verb(options)
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        # The reader of our output has left, as `head` does. Nothing is wrong.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except (TlsparseError, OSError) as error:
        print(f"tlsparse: {_in_words(error)}", file=sys.stderr)
        return UNABLE
    except KeyboardInterrupt:
        return 130


# --- The verbs ---------------------------------------------------------------------------------------------------------


def diagnose(options: argparse.Namespace) -> int:
    """Print each handshake, how it ended, why, and what to do."""
    from tlsparse.output import as_json, as_text

    status = OK
    for place, name in enumerate(options.files):
        capture = _read(name, options)
        if options.json:
            for line in as_json(capture):
                print(json.dumps(line))
        else:
            if place:
                print()
            print(as_text(capture, every=options.all))
        if any(handshake.outcome != "completed" for _, handshake in capture.contents.each()):
            status = max(status, _status(capture))
    return status


def show(options: argparse.Namespace) -> int:
    """Print a table."""
    from tlsparse.output import write_frame

    capture = _read(options.file, options)
    write_frame(getattr(capture, options.frame), options.format, options.output)
    return OK


def plot(options: argparse.Namespace) -> int:
    """Draw a picture: a ladder of one handshake, or all handshakes on a clock."""
    import matplotlib

    from tlsparse.plot import ladder, timeline

    capture = _read(options.file, options)
    name = options.output or f"{Path(options.file).name.split('.')[0] or 'capture'}.svg"
    with matplotlib.rc_context({"svg.fonttype": "none", "backend": "agg"}):
        if options.handshake is not None:
            axes = ladder(capture.handshake(options.handshake))
        elif len(capture.handshakes) == 1:
            axes = ladder(capture.handshake(0))
        else:
            axes = timeline(capture.handshakes)
        try:
            axes.figure.savefig(name, dpi=160)
        except ValueError as error:
            raise TlsparseError(f"cannot write {name}: {error}") from error
    print(name)
    return OK


def _read(name: str, options: argparse.Namespace) -> Capture:
    """Read a capture, and say on standard error what could not be read."""
    from tlsparse.capture import read
    from tlsparse.terminal import plain

    capture = read(name, all_flows=options.all_flows)
    for problem in capture.contents.problems:
        if problem.flow is None:
            where = f" (packet {problem.packet})" if problem.packet else ""
            print(f"{plain(capture.name)}: {plain(problem.problem)}{where}", file=sys.stderr)
    return capture


def _status(capture: Capture) -> int:
    """Return the exit status: a handshake that the capture does not follow to its end has not failed."""
    outcomes = {handshake.outcome for _, handshake in capture.contents.each()}
    return FAILED if outcomes - {"completed", "cut"} else OK


# --- Its form ----------------------------------------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tlsparse",
        description="Reads captures of TLS handshakes and says where they broke, why, and what mends it.",
        epilog="Exit status: 0 all handshakes are fine, 1 at least one failed, 2 could not do what was asked.",
    )
    parser.add_argument("--version", action="version", version=f"tlsparse {__version__}")
    verbs = parser.add_subparsers(required=True, metavar="VERB", dest="verb_name")

    verb = _verb(verbs, "diagnose", diagnose, "each handshake: how it ended, why, and what to do")
    verb.add_argument("files", nargs="+", metavar="FILE", help="pcap or pcapng, compressed or not; - for standard input")
    verb.add_argument("--json", action="store_true", help="one JSON object a line, for each handshake")
    verb.add_argument("--all", action="store_true", help="name the handshakes that completed, too")

    verb = _verb(verbs, "show", show, "any table of a capture")
    verb.add_argument("file", metavar="FILE", help="pcap or pcapng; - for standard input")
    verb.add_argument("--frame", choices=FRAMES, default="handshakes", metavar="NAME", help=", ".join(FRAMES))
    verb.add_argument("--format", choices=("table", "csv", "jsonl", "parquet"), default="table")
    verb.add_argument("-o", "--output", metavar="FILE", help="write there rather than to standard output")

    verb = _verb(verbs, "plot", plot, "a picture: one handshake as a ladder, or all on a clock")
    verb.add_argument("file", metavar="FILE", help="pcap or pcapng; - for standard input")
    verb.add_argument("--handshake", type=int, metavar="N", help="draw the ladder of handshake N")
    verb.add_argument("-o", "--output", metavar="FILE", help="svg, png or pdf; by default NAME.svg in this folder")
    return parser


def _verb(verbs, name, function, help_text):  # type: ignore[no-untyped-def]
    """Add a verb, with the options that every one has."""
    verb = verbs.add_parser(name, help=help_text, description=f"Prints {help_text}.")
    verb.add_argument(
        "--all-flows",
        action="store_true",
        help="also connections that never spoke TLS, where nobody would expect it",
    )
    verb.set_defaults(verb=function)
    return verb


def _in_words(error: Exception) -> str:
    """Say in one line what was wrong, and what may be right."""
    from tlsparse.terminal import plain

    if isinstance(error, FileNotFoundError) and error.filename:
        name = os.fspath(error.filename)
        folder = os.path.dirname(name) or "."
        near = os.listdir(folder) if os.path.isdir(folder) else []
        alike = difflib.get_close_matches(os.path.basename(name), near, n=1)
        hint = f"; did you mean {plain(os.path.join(os.path.dirname(name), alike[0]))}?" if alike else ""
        return f"no such file: {plain(name)}{hint}"
    if isinstance(error, OSError) and error.filename:
        return f"{plain(os.fspath(error.filename))}: {(error.strerror or str(error)).lower()}"
    return plain(str(error))

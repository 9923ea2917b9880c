"""The command line: thin, every verb one call into the rooms.

Nothing but the answer goes to standard output; what was wrong with a capture goes to standard error.
Exit status: 0 when no handshake failed, 1 when at least one did, 2 when the command could not do what
was asked.
"""

from __future__ import annotations

import argparse
import io
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeAlias

from tlsparse import __version__, collector
from tlsparse.errors import TlsparseError, UsageError
from tlsparse.language import ENGLISH, LANGUAGES
from tlsparse.terminal import plain

if TYPE_CHECKING:
    from tlsparse.capture import Capture
    from tlsparse.frames import Problem
    from tlsparse.output import JsonLines
    from tlsparse.trust.trust import Trust

OK, FAILED, UNABLE, INTERRUPTED = 0, 1, 2, 130

WIDE = 100
"""Columns of a page: on a wider terminal its lines would be too long to be read."""

FORMATS = ("table", "csv", "jsonl", "parquet")

# Those of `frames.TABLES`, which a test holds them to; importing it would cost `--help` all decoders.
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
    "patterns",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A name in a capture may hold characters that the terminal's encoding lacks.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        options = _parse(sys.argv[1:] if arguments is None else arguments)
        status: int = options.verb(options)
        print(end="", flush=True)
        return status
    except BrokenPipeError:
        # The reader of our output has left, as `head` does. Nothing is wrong.
        _settle_output()
        return OK
    except (TlsparseError, OSError) as error:
        _complain(error)
        _settle_output()
        return UNABLE
    except KeyboardInterrupt:
        return INTERRUPTED


# --- The verbs ------------------------------------------------------------------------------------


def diagnose(options: argparse.Namespace) -> int:
    """Print each handshake, how it ended, why, and what to do; a file that cannot be read does not stop the next."""
    _check_sources(options)
    _trust(options)  # a mistake in it is said once, not for each capture
    if options.interface is not None:
        return _tell(None, options)
    pages = None if options.json else _Pages(options)
    statuses = [_diagnose_one(name, options, pages) for name in options.files]
    if pages is not None:
        pages.finish()
    return max(statuses)


def _diagnose_one(name: str, options: argparse.Namespace, pages: _Pages | None) -> int:
    from tlsparse.pcap.source import is_live

    live = is_live(name)
    with nullcontext() if live else collector.paused():
        try:
            if live:
                return _tell(name, options)
            told = _read_lines(name, options) if pages is None else _read(name, options)
        except BrokenPipeError:
            raise
        except (TlsparseError, OSError) as error:
            _complain(error)
            if pages is not None:
                pages.totals.skip(name)
            return UNABLE
        if isinstance(told, list):
            return _print_lines(told)
        assert pages is not None
        return pages.print(told, options)


class _Pages:
    """The diagnoses of captures as text, one after the other, and in the end what they come to together."""

    def __init__(self, options: argparse.Namespace) -> None:
        from tlsparse.output import Layout, Totals

        self.totals = Totals()
        self._layout = Layout.of(sys.stdout, options.lang)

    def print(self, capture: Capture, options: argparse.Namespace) -> int:
        """Print the diagnosis of a capture; return the exit status that it gives."""
        from tlsparse.output import as_text

        print(end="\n" if self.totals.captures else "")
        print(as_text(capture, every=options.all, layout=self._layout))
        return FAILED if self.totals.add(capture) else OK

    def finish(self) -> None:
        """Print the totals, if there are several captures."""
        if self.totals.captures > 1:
            print(f"\n{self.totals.text(self._layout)}")


def _trust(options: argparse.Namespace) -> Trust | None:
    """Read the roots and revocation lists that are given."""
    if not options.roots and not options.crl:
        return None
    from tlsparse.trust.trust import read_trust

    return read_trust(options.roots, options.crl)


def _read_lines(name: str, options: argparse.Namespace) -> list[JsonLines]:
    """Read a capture as lines of JSON, which are written where it is read: by one process or several."""
    from tlsparse.processes import started, worth

    workers = worth(name) if options.workers is None else options.workers
    with started(name, workers) as others:
        from tlsparse.capture import carry_out, name_of
        from tlsparse.output import json_lines
        from tlsparse.sharing import Order

        make = partial(json_lines, language=options.lang)
        read = carry_out(Order(name, make, options.all_flows, _trust(options)), others)
    for problem in sorted(read.problems, key=lambda problem: problem.packet or 0):
        _say_problem(name_of(name), problem)
    return read.made


def _print_lines(parts: list[JsonLines]) -> int:
    """Print a line for each handshake; return the exit status that they give."""
    numbered = sorted(line for part in parts for line in part.lines)
    sys.stdout.writelines(f"{line}\n" for _, line in numbered)
    return FAILED if any(part.failed for part in parts) else OK


def _check_sources(options: argparse.Namespace) -> None:
    """Complain unless there are either files or an interface."""
    if options.interface is None and not options.files:
        raise UsageError("name a capture, or an interface to capture on: --interface eth0")
    if options.interface is not None and options.files:
        raise UsageError("give either captures or --interface")
    if options.interface is None and options.filter is not None:
        raise UsageError("--filter is for --interface; a capture is diagnosed as a whole")


def _tell(name: str | None, options: argparse.Namespace) -> int:
    """Print each handshake of a source that need not end, or of an interface, when it ends."""
    from tlsparse.capture import name_of
    from tlsparse.streaming import Streaming
    from tlsparse.telling import tell

    called = options.interface if name is None else name_of(name)
    trust = _trust(options)
    streaming = Streaming(options.all_flows, lambda problem: _say_problem(called, problem), trust)
    if name is None:
        handshakes = streaming.capture(options.interface, options.filter)
        if sys.stderr.isatty():
            print(f"tlsparse: capturing on {plain(called)}; Ctrl-C ends it", file=sys.stderr)
    else:
        handshakes = streaming.handshakes(name)
    with _stopped_by_signals(streaming.stop):
        failed = tell(handshakes, streaming, called, as_json=options.json, lang=options.lang)
    return FAILED if failed else OK


@contextmanager
def _stopped_by_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Let a first Ctrl-C, or a request to terminate, only stop; a second one does what it always does."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def stop_once(number: int, frame: object) -> None:
        restore()
        stop()

    for number in before:
        signal.signal(number, stop_once)
    try:
        yield
    finally:
        restore()


@collector.paused()
def show(options: argparse.Namespace) -> int:
    """Print a table."""
    from tlsparse.output import write_frame

    capture = _read(options.file, options)
    write_frame(getattr(capture, options.frame), options.format, options.output)
    return OK


def plot(options: argparse.Namespace) -> int:
    """Draw a picture: a ladder of one handshake, or all handshakes on a clock."""
    os.environ["MPLBACKEND"] = "agg"  # the user's own may need a display, or not exist here
    import matplotlib
    import matplotlib.pyplot as plt

    from tlsparse.plot import ladder, timeline

    matplotlib.use("agg")
    capture = _read(options.file, options)
    number = options.handshake
    if number is None and len(capture.handshakes) == 1:
        number = 0
    path = _picture_path(options)
    # Text stays text in an SVG: it can be searched and copied.
    with matplotlib.rc_context({"svg.fonttype": "none"}):
        axes = timeline(capture.handshakes) if number is None else ladder(capture.handshake(number))
        figure = axes.figure.canvas.figure
        try:
            figure.savefig(path, dpi=160)
        except ValueError as error:
            raise UsageError(f"cannot write {path}: {error}") from error
        finally:
            plt.close(figure)
    print(plain(path))
    return OK


def explain(options: argparse.Namespace) -> int:
    """Print the page of a cause; without one, what causes there are."""
    from tlsparse.diagnosis.pages import find_page
    from tlsparse.manual import list_causes, print_page

    if options.cause is None:
        print(list_causes(options.lang))
    else:
        import shutil

        columns = min(shutil.get_terminal_size((WIDE, 24)).columns, WIDE)
        print(print_page(find_page(options.cause, options.lang), options.lang, columns))
    return OK


def _picture_path(options: argparse.Namespace) -> str:
    """Where to draw: what was asked for, or a name made from the capture's, in this folder."""
    if options.output is None:
        name = "capture" if options.file == "-" else Path(options.file).name.partition(".")[0]
        return f"{name or 'capture'}.svg"
    path = str(options.output)
    return path if Path(path).suffix else f"{path}.svg"


def _read(name: str, options: argparse.Namespace) -> Capture:
    """Read a capture, and say on standard error what could not be read."""
    from tlsparse.capture import read

    capture = read(
        name,
        all_flows=options.all_flows,
        roots=options.roots,
        crls=options.crl,
        lang=options.lang,
        workers=1 if options.workers is None else options.workers,
    )
    for problem in capture.contents.problems:
        _say_problem(capture.name, problem)
    return capture


def _say_problem(name: str, problem: Problem) -> None:
    """Say on standard error what could not be read, unless it is of one flow."""
    if problem.flow is None:
        named = problem.packet and f"packet {problem.packet}" not in problem.problem
        where = f" (packet {problem.packet})" if named else ""
        print(f"{plain(name)}: {plain(problem.problem)}{where}", file=sys.stderr)


# --- Its form -------------------------------------------------------------------------------------

SOURCE = "pcap or pcapng, as it is or compressed; - for standard input"

EXAMPLES = """\
examples:
  tlsparse diagnose incident.pcapng             why handshakes failed, and what to do
  tlsparse show incident.pcapng --frame offers  what each client offered, as a table
  tlsparse plot incident.pcapng --handshake 3   one handshake, message by message
  tlsparse explain certificate.expired          what a cause is, and what mends it

exit status:
  0 all handshakes are fine, 1 at least one failed, 2 could not do what was asked
"""

DIAGNOSE_EXAMPLES = """\
examples:
  tlsparse diagnose *.pcap --all
  tlsparse diagnose incident.pcapng --roots company-ca.pem --crl company-ca.crl
  tlsparse diagnose incident.pcapng --json | jq -r '.server_name, .cause'
  ssh web1 tcpdump -U -w - port 443 | tlsparse diagnose -
  sudo tlsparse diagnose --interface eth0 --filter 'tcp port 443'

exit status:
  0 all handshakes are fine, are only noted, or are not seen to the end,
  1 at least one failed, 2 a capture could not be read
"""

SHOW_EXAMPLES = """\
examples:
  tlsparse show incident.pcapng
  tlsparse show incident.pcapng --frame certificates --format csv -o certificates.csv
"""

PLOT_EXAMPLES = """\
A capture with one handshake is drawn as a ladder, one with several on a clock.
Prints the name of the file that it wrote.

examples:
  tlsparse plot incident.pcapng
  tlsparse plot incident.pcapng --handshake 3 -o failed.png
"""


EXPLAIN_EXAMPLES = """\
examples:
  tlsparse explain                      all causes, from general to particular
  tlsparse explain certificate.expired
  tlsparse explain certificate.expired --lang zh
"""


class _Parser(argparse.ArgumentParser):
    """A parser whose complaint is one line, as every other complaint of the command is."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see {self.prog} --help)")


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line; a mistyped verb is answered with the one that may be meant."""
    parser = _Parser(
        prog="tlsparse",
        description="Reads captures of TLS handshakes and says where they broke, why, and what mends it.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"tlsparse {__version__}")
    verbs = parser.add_subparsers(required=True, metavar="VERB", title="verbs")

    _add_diagnose(verbs)
    _add_show(verbs)
    _add_plot(verbs)
    _add_explain(verbs)
    _check_verb(arguments, verbs.choices)
    return parser.parse_args(arguments)


Verbs: TypeAlias = "argparse._SubParsersAction[_Parser]"


def _add_diagnose(verbs: Verbs) -> None:
    verb = _add_verb(
        verbs,
        diagnose,
        "each handshake: how it ended, why, and what to do",
        "Says of each handshake how it ended, why, and what to do; those that failed come first.\n"
        "Of a pipe, or an interface, each is told when it ends, and all are named.",
        DIAGNOSE_EXAMPLES,
    )
    verb.add_argument("files", nargs="*", metavar="FILE", help=SOURCE)
    verb.add_argument(
        "-i",
        "--interface",
        metavar="NAME",
        help="capture on a network interface, through dumpcap or tcpdump, until Ctrl-C",
    )
    verb.add_argument(
        "--filter", metavar="FILTER", help="which packets to capture there: 'tcp port 443'"
    )
    verb.add_argument(
        "--json", action="store_true", help="one JSON object a line, for each handshake"
    )
    verb.add_argument("--all", action="store_true", help="name the handshakes that completed, too")
    _add_reading(verb)
    _add_language(verb)


def _add_show(verbs: Verbs) -> None:
    verb = _add_verb(
        verbs, show, "any table of a capture", "Prints a table of a capture.", SHOW_EXAMPLES
    )
    verb.add_argument("file", metavar="FILE", help=SOURCE)
    verb.add_argument(
        "--frame",
        type=_one_of(FRAMES),
        default="handshakes",
        metavar="NAME",
        help=f"one of {', '.join(FRAMES)}; handshakes by default",
    )
    verb.add_argument(
        "--format",
        type=_one_of(FORMATS),
        default="table",
        metavar="FORMAT",
        help=f"one of {', '.join(FORMATS)}; table by default",
    )
    verb.add_argument(
        "-o", "--output", metavar="FILE", help="write there rather than to standard output"
    )
    _add_reading(verb)
    _add_language(verb)


def _add_plot(verbs: Verbs) -> None:
    verb = _add_verb(
        verbs,
        plot,
        "a picture: one handshake as a ladder, or all on a clock",
        "Draws one handshake as a ladder, message by message, or all handshakes on a clock.",
        PLOT_EXAMPLES,
    )
    verb.add_argument("file", metavar="FILE", help=SOURCE)
    verb.add_argument("--handshake", type=int, metavar="N", help="draw the ladder of handshake N")
    verb.add_argument(
        "-o", "--output", metavar="FILE", help="svg, png or pdf; by default NAME.svg in this folder"
    )
    verb.set_defaults(lang=ENGLISH)
    _add_reading(verb)


def _add_explain(verbs: Verbs) -> None:
    verb = _add_verb(
        verbs,
        explain,
        "the page of a cause: what it looks like, what misleads, what to do",
        "Prints the page of a cause: what it looks like, what misleads, who must act, what to do.",
        EXPLAIN_EXAMPLES,
    )
    verb.add_argument(
        "cause", nargs="?", metavar="CAUSE", help="as a finding names it; all are listed by default"
    )
    _add_language(verb)


def _add_verb(
    verbs: Verbs,
    function: Callable[[argparse.Namespace], int],
    help_text: str,
    description: str,
    examples: str,
) -> _Parser:
    """Add a verb, named as its function."""
    verb = verbs.add_parser(
        function.__name__,
        help=help_text,
        description=description,
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    verb.set_defaults(verb=function)
    return verb


def _add_reading(verb: _Parser) -> None:
    """Add what every verb has that reads a capture."""
    verb.add_argument(
        "--all-flows",
        action="store_true",
        help="also connections that never spoke TLS, on ports where nobody would expect it",
    )
    verb.add_argument(
        "--workers",
        type=int,
        metavar="N",
        help="processes that share out the connections of one capture among them; one by default, but for --json "
        "as many as there are processors where there are thousands of handshakes",
    )
    verb.add_argument(
        "--roots",
        action="append",
        default=[],
        metavar="FILE",
        help="certificates of authorities that are trusted besides the public ones: PEM or DER, or a folder; "
        "repeatable",
    )
    verb.add_argument(
        "--crl",
        action="append",
        default=[],
        metavar="FILE",
        help="certificate revocation lists, PEM or DER, or a folder of them; repeatable",
    )


def _add_language(verb: _Parser) -> None:
    verb.add_argument(
        "--lang",
        type=_one_of(LANGUAGES),
        default=ENGLISH,
        metavar="LANGUAGE",
        help=f"language of what is said: one of {', '.join(LANGUAGES)}; {ENGLISH} by default",
    )


def _check_verb(arguments: Sequence[str], verbs: Iterable[str]) -> None:
    """Say what is meant where the first word is no verb; a capture alone wants a diagnosis."""
    word = next((argument for argument in arguments if not argument.startswith("-")), None)
    if word is None or word in verbs:
        return
    if os.path.exists(word):
        hint = f"did you mean tlsparse diagnose {word}?"
    else:
        hint = _did_you_mean(word, verbs) or f"there are {', '.join(verbs)}"
    raise UsageError(f"there is no verb {word!r}; {hint}")


def _one_of(names: Sequence[str]) -> Callable[[str], str]:
    """Make the type of an option that takes one of some names."""

    def choose(word: str) -> str:
        if word in names:
            return word
        hint = _did_you_mean(word, names) or f"there are {', '.join(names)}"
        raise argparse.ArgumentTypeError(f"there is no {word!r}; {hint}")

    return choose


# --- Complaints -----------------------------------------------------------------------------------


def _complain(error: Exception) -> None:
    print(f"tlsparse: {_in_words(error)}", file=sys.stderr)


def _in_words(error: Exception) -> str:
    """Say in one line what was wrong, and what may be right."""
    if not isinstance(error, OSError) or not isinstance(error.filename, str | bytes | os.PathLike):
        return plain(str(error))
    name = os.fsdecode(error.filename)
    if isinstance(error, FileNotFoundError):
        return _not_found(name)
    return f"{plain(name)}: {(error.strerror or str(error)).lower()}"


def _not_found(name: str) -> str:
    folder, base = os.path.split(name)
    try:
        neighbours = os.listdir(folder or ".")
    except FileNotFoundError:
        return f"no such folder: {plain(folder)}"
    except OSError:
        neighbours = []
    hint = _did_you_mean(base, neighbours, folder)
    return plain(f"no such file: {name}" + (f"; {hint}" if hint else ""))


def _did_you_mean(word: str, known: Iterable[str], folder: str = "") -> str:
    """Name the known word that is most like one, if any is."""
    import difflib

    alike = difflib.get_close_matches(word, list(known), n=1)
    return f"did you mean {os.path.join(folder, alike[0])}?" if alike else ""


def _settle_output() -> None:
    """Write what is left of the output; if that cannot be, let Python's own last try go nowhere."""
    try:
        print(end="", flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

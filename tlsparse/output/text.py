"""The diagnosis as text: what an operator reads.

The headline first, then what many handshakes have in common, then a block for each thing that failed, the gravest and
most frequent first; warnings of handshakes that completed after them, and what failed for nobody and is only noted; at
the end what there is nothing to do about, as counts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import reduce
from typing import TYPE_CHECKING, NamedTuple

from tlsparse.diagnosis.finding import Finding, Severity
from tlsparse.diagnosis.judge import has_failed
from tlsparse.diagnosis.pattern import counted, listed
from tlsparse.diagnosis.times import duration, moment
from tlsparse.handshake.stacks import client_stack, server_stack
from tlsparse.language import say_code
from tlsparse.output import phrases
from tlsparse.output.groups import Group, group_failures, group_remarks
from tlsparse.output.layout import BOLD, CYAN, DIM, GREEN, RED, YELLOW, Layout
from tlsparse.output.phrases import say, sentence, title_of
from tlsparse.pcap.block import NO_TIME
from tlsparse.terminal import brief, plain

if TYPE_CHECKING:
    from tlsparse.capture import Capture
    from tlsparse.diagnosis.pattern import Pattern
    from tlsparse.frames import Contents
    from tlsparse.handshake.handshake import Handshake

NAME_WIDTH = 64
"""Characters of a server name that are shown."""

NUMBERED = 12
"""Handshakes of a group that are named by their number; the others are counted."""

MOST_PATTERNS = 10
"""Patterns that are told; each is one thing to do, and nobody does more at once."""

MOST_CAUSES = 8
"""Causes that are counted over several captures."""

COMMAND = re.compile(r"openssl s_client \S[^;]*? </dev/null")
FULL_STOPS = (".", "。")

INDENT, HANGING = "   ", "       "

MARKS = {Severity.failure: ("x", RED), Severity.warning: ("!", YELLOW), Severity.note: ("-", CYAN)}
COMMON_MARK, FINE_MARK, UNSEEN_MARK = "=", "+", "?"


def as_text(capture: Capture, *, every: bool = False, layout: Layout | None = None) -> str:
    """Write the diagnosis of a capture.

    Parameters
    ----------
    capture
        What was read.
    every
        Whether handshakes that completed are named one by one, rather than counted.
    layout
        How wide lines are, and whether they have colours; by default 100 columns and none.
    """
    contents = capture.contents
    page = replace(layout or Layout(), language=contents.language)
    tally = _Tally(contents)
    failures, remarks = group_failures(tally.failed), group_remarks(tally.completed)
    blocks = [[page.paint(_headline(capture, tally, page.language), BOLD)]]
    if not tally.count:
        blocks.append(page.wrapped(say(phrases.NOTHING, page.language), ""))
    if contents.patterns:
        blocks.append([page.paint(say(phrases.IN_COMMON, page.language), BOLD)])
        blocks += [_pattern(pattern, page) for pattern in contents.patterns[:MOST_PATTERNS]]
        if (more := len(contents.patterns) - MOST_PATTERNS) > 0:
            blocks.append(
                page.wrapped(say(phrases.MORE_PATTERNS, page.language, count=more), INDENT)
            )
    blocks += [_block(group, page) for group in (*failures, *remarks, *group_failures(tally.noted))]
    blocks.append(_rest(contents, tally, page))
    if every:
        blocks.append(_named(tally, page.language))
    return "\n\n".join("\n".join(lines) for lines in blocks if lines)


def handshake_text(
    handshake: Handshake, findings: Sequence[Finding], layout: Layout | None = None
) -> str:
    """Write one handshake by itself: as blocks if there is something to say of it, and as a line if not."""
    page = layout or Layout()
    if handshake.outcome == "cut":
        return _in_a_line(
            UNSEEN_MARK, handshake, say(_reason(handshake), page.language), page.language
        )
    completed = handshake.outcome == "completed"
    groups = (group_remarks if completed else group_failures)([(handshake, findings)])
    if not groups:
        return _in_a_line(
            FINE_MARK, handshake, say_code(handshake.outcome, page.language), page.language
        )
    return "\n\n".join("\n".join(_block(group, page)) for group in groups)


class Ends(NamedTuple):
    """How many handshakes ended how."""

    completed: int = 0
    failed: int = 0
    noted: int = 0  # there is a note of them, and they failed for nobody
    cut: int = 0


class _Tally:
    """The handshakes of a capture by how they ended, each with what is said of it."""

    def __init__(self, contents: Contents) -> None:
        self.completed: list[tuple[Handshake, Sequence[Finding]]] = []
        self.failed: list[tuple[Handshake, Sequence[Finding]]] = []
        self.noted: list[tuple[Handshake, Sequence[Finding]]] = []
        self.cut: list[Handshake] = []
        for _, handshake in contents.each():
            findings = contents.findings[handshake.number]
            if handshake.outcome == "cut":
                self.cut.append(handshake)
            elif handshake.outcome == "completed":
                self.completed.append((handshake, findings))
            elif has_failed(handshake, findings):
                self.failed.append((handshake, findings))
            else:
                self.noted.append((handshake, findings))
        self.ends = Ends(len(self.completed), len(self.failed), len(self.noted), len(self.cut))
        self.count = sum(self.ends)
        self.causes = Counter(
            findings[0].cause
            for _, findings in self.failed
            if findings and findings[0].severity is Severity.failure
        )


# --- The headline -------------------------------------------------------------------------------------------------


def _headline(capture: Capture, tally: _Tally, language: str) -> str:
    name = capture.name
    if not tally.count:
        return say(phrases.NO_HANDSHAKES, language, name=name)
    ends = _ends(tally.ends, len(tally.causes), language)
    flows = capture.contents.flows
    begin, end = min(f.start_ns for f in flows), max(f.end_ns for f in flows)
    if begin == NO_TIME:
        template = phrases.ONE_UNTIMED if tally.count == 1 else phrases.MANY_UNTIMED
        return say(template, language, name=name, count=tally.count, ends=ends)
    template = phrases.ONE_HANDSHAKE if tally.count == 1 else phrases.MANY_HANDSHAKES
    span = duration(end - begin)
    return say(template, language, name=name, count=tally.count, span=span, ends=ends)


def _ends(ends: Ends, causes: int, language: str) -> tuple[str, ...]:
    """Say how many ended how; what did not occur is left out."""
    by_causes = {0: phrases.FAILED, 1: phrases.FAILED_ONE_CAUSE}
    failures = by_causes.get(causes, phrases.FAILED_MANY_CAUSES)
    texts = (phrases.COMPLETED, failures, phrases.NOTED, phrases.CUT)
    said = zip(ends, texts, strict=True)
    return tuple(say(text, language, count=count, causes=causes) for count, text in said if count)


# --- Blocks -------------------------------------------------------------------------------------------------------


def _block(group: Group, page: Layout) -> list[str]:
    """Write what happened to some handshakes: the example in full, the others in a line or two."""
    handshake, finding, more = group.example
    mark, colour = MARKS[group.severity]
    lines = _title(
        mark, colour, _group_title(group, page.language), _verdict(group, page.language), page
    )
    lines += page.joined((_who(handshake), _stacks(handshake, page.language)), INDENT)
    lines += page.wrapped(_when(handshake, page.language), INDENT, HANGING)
    if finding is not None:
        lines += _advice(finding, page)
        lines += _more(more, page)
    return lines + _others(group, page)


def _pattern(pattern: Pattern, page: Layout) -> list[str]:
    acts = _acts(pattern.side, pattern.severity, page.language)
    verdict = f"{pattern.pattern}  {pattern.confidence:.2f}  {acts}"
    _, colour = MARKS[pattern.severity]
    lines = _title(COMMON_MARK, colour, sentence(pattern.title), verdict, page)
    lines += _advice(pattern, page)
    numbers = _numbers(member.handshake for member in pattern.members)
    said = say(phrases.HANDSHAKES, page.language, handshakes=numbers)
    return lines + page.wrapped(said, INDENT, HANGING)


def _title(mark: str, colour: str, title: str, verdict: str, page: Layout) -> list[str]:
    first, *others = page.apart(f"{mark}  {plain(title)}", plain(verdict), INDENT)
    head, tail = first[: len(mark)], first[len(mark) :]
    painted = page.paint(head, f"{BOLD};{colour}") + page.paint(tail, BOLD)
    return [painted, *(page.paint(line, BOLD) for line in others)]


def _group_title(group: Group, language: str) -> str:
    finding = group.cases[0][1]
    title = say(phrases.NO_CAUSE, language) if finding is None else title_of(finding, language)
    count = len(group.cases)
    return title if count == 1 else say(phrases.TIMES, language, title=title, count=count)


def _verdict(group: Group, language: str) -> str:
    """Write the cause, how sure it is, and who must act; of a group the range of confidences."""
    findings = [finding for _, finding, _ in group.cases if finding is not None]
    if not findings:
        return ""
    low, high = min(f.confidence for f in findings), max(f.confidence for f in findings)
    sure = f"{low:.2f}-{high:.2f}" if f"{low:.2f}" != f"{high:.2f}" else f"{high:.2f}"
    first = findings[0]
    return f"{first.cause}  {sure}  {_acts(first.side, first.severity, language)}"


def _acts(side: str, severity: Severity, language: str) -> str:
    return say(phrases.NOTE if severity is Severity.note else phrases.ACTS[side], language)


def _who(handshake: Handshake) -> str:
    """Say who came to whom: number, addresses, name, version."""
    parts = [
        f"#{handshake.number}",
        f"{handshake.client} -> {handshake.server}",
        brief(handshake.server_name or "", NAME_WIDTH),
        str(handshake.version or ""),
    ]
    return "  ".join(part for part in parts if part)


def _stacks(handshake: Handshake, language: str) -> str:
    client, server = client_stack(handshake), server_stack(handshake)
    if client and server:
        return say(phrases.BOTH_STACKS, language, client=client.name, server=server.name)
    if client:
        return say(phrases.CLIENT_STACK, language, client=client.name)
    return say(phrases.SERVER_STACK, language, server=server.name) if server else ""


def _when(handshake: Handshake, language: str) -> str:
    """Say when it began, and unless it completed how and how soon it ended."""
    begin, end = handshake.start_ns, handshake.end_ns
    if handshake.outcome == "completed":
        return "" if begin == NO_TIME else say(phrases.BEGAN, language, time=moment(begin))
    values = {
        "outcome": say_code(handshake.outcome, language),
        "step": say_code(handshake.step, language),
    }
    if begin == NO_TIME:
        return say(phrases.ENDED_UNTIMED, language, **values)
    if end is None or end == NO_TIME:
        return say(phrases.ENDED_UNKNOWN_WHEN, language, time=moment(begin), **values)
    return say(phrases.ENDED, language, time=moment(begin), span=duration(end - begin), **values)


def _advice(said: Finding | Pattern, page: Layout) -> list[str]:
    """Write what happened, what to do and where to look."""
    lines = page.wrapped(sentence(said.summary), INDENT)
    words, command, rest = _with_command(sentence(said.fix))
    lines += page.wrapped(say(phrases.DO, page.language, fix=words), INDENT, HANGING)
    if command:
        lines.append(HANGING + command)
    if rest:
        lines += page.wrapped(rest, HANGING)
    if said.wireshark_filter:
        look = say(phrases.LOOK, page.language, filter=said.wireshark_filter)
        shown = page.wrapped(look, INDENT, HANGING)
        lines += [page.paint(line, DIM) for line in shown]
    return lines


def _with_command(fix: str) -> tuple[str, str, str]:
    """Take a command out of a sentence, to stand on a line of its own from where it can be copied."""
    found = COMMAND.search(fix)
    if found is None:
        return fix, "", ""
    rest = fix[found.end() :].strip()
    return fix[: found.start()].rstrip(), found.group(), "" if rest in FULL_STOPS else rest


def _more(findings: Sequence[Finding], page: Layout) -> list[str]:
    """Write what else a failure may be, in a few words each, and what else is to be mended."""
    others = [f for f in findings if f.severity is Severity.failure]
    lines: list[str] = []
    if others:
        said = say(phrases.SEMICOLON, page.language).join(
            _in_short(finding, page.language) for finding in others
        )
        lines += page.wrapped(say(phrases.OR, page.language, causes=said), INDENT, HANGING)
    for finding in findings:
        if finding.severity is not Severity.failure:
            also = say(
                phrases.ALSO_TRUE,
                page.language,
                cause=finding.cause,
                confidence=f"{finding.confidence:.2f}",
                summary=sentence(finding.summary),
            )
            lines += page.wrapped(also, INDENT, HANGING)
    return lines


def _in_short(finding: Finding, language: str) -> str:
    return say(
        phrases.OR_ONE,
        language,
        title=title_of(finding, language),
        cause=finding.cause,
        confidence=f"{finding.confidence:.2f}",
    )


def _others(group: Group, page: Layout) -> list[str]:
    """Name the other handshakes of a group: their numbers, their clients and servers where these differ."""
    others = group.others
    if not others:
        return []
    last = max(handshake.start_ns for handshake in others)
    template = phrases.ALSO if last == NO_TIME else phrases.ALSO_UNTIL
    time = "" if last == NO_TIME else moment(last)
    sentences = [say(template, page.language, handshakes=_numbers(others), time=time)]
    clients = [handshake.client.ip for handshake in group.handshakes]
    servers = [str(handshake.target) for handshake in group.handshakes]
    if len(set(clients)) > 1:
        sentences.append(say(phrases.CLIENTS, page.language, clients=counted(clients)))
    if len(set(servers)) > 1:
        sentences.append(say(phrases.SERVERS, page.language, servers=counted(servers)))
    return page.wrapped(_together(sentences, page.language), INDENT, HANGING)


def _together(sentences: list[str], language: str) -> str:
    """Say whole sentences behind one another."""
    return reduce(
        lambda said, more: say(phrases.FOLLOWED, language, said=said, more=more), sentences
    )


def _numbers(handshakes: Iterable[Handshake]) -> tuple[str, ...]:
    return listed((f"#{handshake.number}" for handshake in handshakes), NUMBERED)


# --- The rest -----------------------------------------------------------------------------------------------------


def _rest(contents: Contents, tally: _Tally, page: Layout) -> list[str]:
    """Count what is fine, what the capture does not show to its end, and what could not be read."""
    completed = [handshake for handshake, _ in tally.completed]
    lines: list[str] = []
    if completed:
        lines += _counted(FINE_MARK, GREEN, _healthy(completed, page.language), page)
    if tally.cut:
        by_reason: dict[str, list[Handshake]] = {}
        for handshake in tally.cut:
            by_reason.setdefault(_reason(handshake), []).append(handshake)
        reasons = say(phrases.SEMICOLON, page.language).join(
            say(
                phrases.REASON,
                page.language,
                reason=say(reason, page.language),
                handshakes=_numbers(group),
            )
            for reason, group in by_reason.items()
        )
        said = say(phrases.UNSEEN, page.language, count=len(tally.cut), reasons=reasons)
        lines += _counted(UNSEEN_MARK, YELLOW, said, page)
    if contents.problems:
        said = say(phrases.UNREADABLE, page.language, count=len(contents.problems))
        lines += _counted(UNSEEN_MARK, YELLOW, said, page)
    return lines


def _counted(mark: str, colour: str, said: str, page: Layout) -> list[str]:
    first, *others = page.wrapped(said, f"{mark}  ", INDENT)
    return [page.paint(mark, colour) + first[len(mark) :], *others]


def _healthy(completed: list[Handshake], language: str) -> str:
    versions = counted(h.version for h in completed if h.version is not None)
    resumed = sum(handshake.resumed is True for handshake in completed)
    if not versions:
        return say(phrases.COMPLETED, language, count=len(completed))
    template = phrases.HEALTHY_RESUMED if resumed else phrases.HEALTHY
    return say(template, language, count=len(completed), versions=versions, resumed=resumed)


def _named(tally: _Tally, language: str) -> list[str]:
    """Write a line for each handshake that completed, and for each that is not seen to its end."""
    fine = [
        _in_a_line(FINE_MARK, h, say_code(h.outcome, language), language)
        for h, _ in tally.completed
    ]
    return fine + [
        _in_a_line(UNSEEN_MARK, h, say(_reason(h), language), language) for h in tally.cut
    ]


def _in_a_line(mark: str, handshake: Handshake, ending: str, language: str) -> str:
    begin, end = handshake.start_ns, handshake.end_ns
    unknown = end is None or NO_TIME in (begin, end) or handshake.outcome != "completed"
    took = "" if unknown or end is None else duration(end - begin)
    suite = str(handshake.cipher_suite or "")
    parts = (_who(handshake), suite, _stacks(handshake, language), took, ending)
    return f"{mark}  " + "  ".join(part for part in parts if part)


def _reason(handshake: Handshake) -> str:
    """Say why a capture does not show how a handshake ended."""
    events = handshake.events
    if handshake.order == 0 and len({event.sender for event in events}) < 2:
        return phrases.ONE_SIDED
    if handshake.first("gap") or any(stream.gaps for stream in handshake.flow.streams):
        return phrases.PACKETS_MISSING
    if handshake.order == 0 and not (handshake.first("syn") or handshake.first("client_hello")):
        return phrases.BEGAN_LATE
    return phrases.ENDED_FIRST


# --- Several captures ---------------------------------------------------------------------------------------------


class Totals:
    """What several captures come to together.

    Attributes
    ----------
    captures
        How many have been counted.
    """

    def __init__(self) -> None:
        self.captures = 0
        self._not_read: list[str] = []
        self._ends = Ends()
        self._causes: Counter[str] = Counter()
        self._where: dict[str, list[str]] = {}

    def add(self, capture: Capture) -> int:
        """Count a capture; return how many of its handshakes failed."""
        tally = _Tally(capture.contents)
        self.captures += 1
        self._ends = Ends(*map(sum, zip(self._ends, tally.ends, strict=True)))
        self._causes += tally.causes
        for cause in tally.causes:
            self._where.setdefault(cause, []).append(plain(capture.name))
        return tally.ends.failed

    def skip(self, name: str) -> None:
        """Note a file that could not be read."""
        self._not_read.append(plain(name))

    def text(self, layout: Layout | None = None) -> str:
        """Write the totals: how many handshakes ended how, the most frequent causes, and where they are."""
        page = layout or Layout()
        ends = _ends(self._ends, len(self._causes), page.language)
        template = phrases.ALL_CAPTURES if ends else phrases.ALL_EMPTY
        said = say(template, page.language, captures=self.captures, ends=ends)
        lines = [page.paint(line, BOLD) for line in page.wrapped(said, "", INDENT)]
        ranked = self._causes.most_common()
        for cause, count in ranked[:MOST_CAUSES]:
            names = listed(self._where[cause])
            said = say(phrases.CAUSE_TOTAL, page.language, cause=cause, count=count, captures=names)
            lines += page.wrapped(said, INDENT, HANGING)
        if (more := len(ranked) - MOST_CAUSES) > 0:
            lines += page.wrapped(say(phrases.MORE_CAUSES, page.language, count=more), INDENT)
        if self._not_read:
            said = say(phrases.NOT_READ, page.language, names=listed(self._not_read))
            lines += page.wrapped(said, INDENT, HANGING)
        return "\n".join(lines)

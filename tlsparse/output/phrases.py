"""The words of the diagnosis: fixed ones are whole templates, said through `say`; those of findings are said here too.

Values are names, numbers, and texts that were said before; no sentence is glued from fragments, so that each can be
said in another language. Where one is worded otherwise than many, it has a template of its own.
"""

from __future__ import annotations

from tlsparse.diagnosis.causes import causes
from tlsparse.diagnosis.finding import Finding, Text
from tlsparse.language import fill, translate
from tlsparse.terminal import plain

# What stands between.
SEMICOLON = "; "
FOLLOWED = "{said} {more}"

NOTHING = "No TLS was seen, and no attempt at it. --all-flows names every TCP connection."

# The first line of a capture, and what is listed at its end.
NO_HANDSHAKES = "{name}: 0 handshakes"
ONE_HANDSHAKE = "{name}: 1 handshake in {span}, {ends}"
MANY_HANDSHAKES = "{name}: {count} handshakes in {span}, {ends}"
ONE_UNTIMED = "{name}: 1 handshake, {ends}"
MANY_UNTIMED = "{name}: {count} handshakes, {ends}"
COMPLETED = "{count} completed"
FAILED = "{count} failed"
FAILED_ONE_CAUSE = "{count} failed with 1 cause"
FAILED_MANY_CAUSES = "{count} failed with {causes} causes"
NOTED = "{count} noted"
CUT = "{count} not seen to the end"

# Headings and titles.
IN_COMMON = "What they have in common"
TIMES = "{title}, {count} times"
NO_CAUSE = "No cause found"
ACTS = {
    "client": "client must act",
    "server": "server must act",
    "network": "network must act",
    "capture": "record it again",
}
NOTE = "note"

# A handshake.
BOTH_STACKS = "client {client}, server {server}"
CLIENT_STACK = "client {client}"
SERVER_STACK = "server {server}"
ENDED = "{time} UTC: {outcome} at {step} after {span}"
ENDED_UNKNOWN_WHEN = "{time} UTC: {outcome} at {step}"
ENDED_UNTIMED = "{outcome} at {step}"
BEGAN = "{time} UTC"

# What is said of it.
DO = "Do: {fix}"
LOOK = "Look: {filter}"
OR = "Or: {causes}"
OR_ONE = "{title} ({cause} {confidence})"
ALSO_TRUE = "Also {cause} ({confidence}): {summary}"

# The others of a group.
ALSO = "Also {handshakes}."
ALSO_UNTIL = "Also {handshakes}; the last at {time} UTC."
CLIENTS = "Clients: {clients}."
SERVERS = "Servers: {servers}."
HANDSHAKES = "Handshakes: {handshakes}."
MORE_PATTERNS = "{count} more: tlsparse show FILE --frame patterns"

# What there is nothing to be done about.
HEALTHY = "{count} completed: {versions}"
HEALTHY_RESUMED = "{count} completed: {versions}; {resumed} of them resumed a session"
UNSEEN = "{count} not seen to the end: {reasons}"
ONE_SIDED = "only one direction was recorded"
PACKETS_MISSING = "packets are missing, or were cut when they were recorded"
BEGAN_LATE = "the recording began too late"
ENDED_FIRST = "the recording ended first"
REASON = "{reason} ({handshakes})"
UNREADABLE = "Problems of the capture: {count} (tlsparse show FILE --frame problems)"

# Several captures.
ALL_CAPTURES = "All {captures} captures: {ends}"
ALL_EMPTY = "All {captures} captures: 0 handshakes"
CAUSE_TOTAL = "{cause} ({count}): {captures}"
MORE_CAUSES = "and {count} more"
NOT_READ = "Not read: {names}"


def say(template: str, language: str, /, **values: object) -> str:
    """Say a template with its values in a language."""
    return fill(template, values, language)


def sentence(text: Text) -> str:
    """Say a sentence of a finding or a pattern, in the language that it has."""
    return plain(str(text))


def title_of(finding: Finding, language: str) -> str:
    """Say in a few words what a finding is about: its cause, or less than that."""
    if finding.title is not None:
        return finding.title.say(language)
    known = causes().get(finding.cause)
    return translate(known.title, language) if known is not None else finding.cause

"""Talks written down as the RFCs write them: ``C:`` for the client, ``S:`` for the server, one packet for each line."""

from __future__ import annotations

import re

import pytest

from tlsparse.prelude.recognition import read_prelude
from tlsparse.prelude.talk import Talk, Turn

SIDES = {"C": "client", "S": "server"}


def turns_of(script, encode):
    return [
        Turn(SIDES[line.strip()[0]], packet, packet * 1_000_000, encode(line.strip()[2:].strip()))
        for packet, line in enumerate(script.strip().splitlines(), start=4)
    ]


def as_line(text):
    return text.encode() + b"\r\n"


def as_hex(text):
    return bytes.fromhex(re.sub(r"#.*", "", text))


@pytest.fixture
def said():
    """Read a prelude of lines of text."""
    return lambda script, **what: read_prelude(turns_of(script, as_line), **what)


@pytest.fixture
def sent():
    """Read a prelude of bytes, written in hex; a comment begins with #."""
    return lambda script, **what: read_prelude(turns_of(script, as_hex), **what)


@pytest.fixture
def mixed():
    """Read a prelude of Python's bytes: pairs of side and data."""

    def read(*words, **what):
        turns = [
            Turn(SIDES[side], packet, packet * 1_000_000, data)
            for packet, (side, data) in enumerate(words, start=4)
        ]
        return read_prelude(turns, **what)

    return read


@pytest.fixture
def talk():
    """Make a talk of lines of text."""
    return lambda script, **what: Talk(turns_of(script, as_line), **what)

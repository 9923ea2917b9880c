"""What the pattern of a test file says of a capture, as it was recorded or with handshakes moved elsewhere."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

import pytest

import tlsparse
from tlsparse.diagnosis.finding import Finding
from tlsparse.diagnosis.pattern import Crowd, Pattern, all_patterns
from tlsparse.flow.flow import Endpoint
from tlsparse.handshake.handshake import Handshake

Case = tuple[Handshake, list[Finding]]


class Move(Protocol):
    """Makes a copy of a case that differs in where or when it was."""

    def __call__(
        self, case: Case, *, client: str = "", server: str = "", at_s: float | None = None
    ) -> Case: ...


@pytest.fixture(scope="session")
def cases(captures: Path) -> Callable[[str], list[Case]]:
    """Return the handshakes of a capture with their findings."""

    def read(name: str) -> list[Case]:
        contents = tlsparse.read(captures / f"{name}.pcap").contents
        return [
            (handshake, contents.findings[handshake.number]) for _, handshake in contents.each()
        ]

    return read


@pytest.fixture(scope="session")
def moved() -> Move:
    """Copy a case to another address, or to another second of a recording."""

    def move(case: Case, *, client: str = "", server: str = "", at_s: float | None = None) -> Case:
        handshake, findings = copy.copy(case[0]), case[1]
        flow = handshake.flow = copy.copy(handshake.flow)
        handshake.ending = copy.copy(handshake.ending)
        side, ends = handshake.speech.client, list(flow.endpoints)
        ends[side] = Endpoint(client or ends[side].ip, ends[side].port)
        ends[1 - side] = Endpoint(server or ends[1 - side].ip, ends[1 - side].port)
        flow.endpoints = ends[0], ends[1]
        if at_s is not None:
            shift = round(at_s * 1e9) - flow.start_ns
            flow.start_ns += shift
            flow.end_ns += shift
            if handshake.ending.time_ns is not None:
                handshake.ending.time_ns += shift
        return handshake, findings

    return move


@pytest.fixture
def seen(request: pytest.FixtureRequest) -> Callable[[Iterable[Case]], list[Pattern]]:
    """Return what the pattern sees in cases, which are numbered in their order."""
    look = all_patterns()[request.path.stem.removeprefix("test_")]

    def see(judged: Iterable[Case]) -> list[Pattern]:
        numbered = []
        for number, (handshake, findings) in enumerate(judged):
            handshake = copy.copy(handshake)
            handshake.number = number
            numbered.append((handshake, findings))
        return list(look(Crowd(numbered)))

    return see

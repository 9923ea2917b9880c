"""Captures with wrong bytes in them: whatever stands in a file, it is read, every table is made and every finding said.

The seed is fixed, so that a failure can be repeated: its message names the capture and the number of the mutation.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

import tlsparse
from tlsparse.errors import NotACaptureError

CAPTURES = sorted(
    path
    for path in (Path(__file__).parent.parent / "captures").iterdir()
    if path.suffix in (".pcap", ".pcapng")
)
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
    "findings",
    "problems",
)
FILE_HEADER = 24


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Change some bytes behind the file header, or cut, double or drop a part."""
    wrong = bytearray(data)
    for _ in range(chance.choice((1, 1, 3, 10, 100))):
        at = chance.randrange(FILE_HEADER, len(wrong))
        match chance.randrange(8):
            case 0:
                wrong[at : at + chance.randrange(1, 40)] = b""
            case 1:
                wrong[at:at] = wrong[at : at + chance.randrange(1, 40)]
            case 2:
                wrong[at] = chance.choice((0, 1, 0x7F, 0x80, 0xFF))
            case _:
                wrong[at] = chance.randrange(256)
        if len(wrong) <= FILE_HEADER + 1:
            break
    return bytes(wrong)


def survey(data: bytes) -> None:
    """Read a capture and ask for all that it can say."""
    try:
        capture = tlsparse.read(data)
    except NotACaptureError:
        return
    for name in FRAMES:
        getattr(capture, name)
    say(capture)


def say(capture: tlsparse.Capture) -> None:
    """Say each finding, and the little that each handshake says of itself."""
    assert repr(capture)
    for (_, handshake), findings in zip(
        capture.contents.each(), capture.contents.findings.values(), strict=True
    ):
        assert handshake.outcome
        assert handshake.step
        assert isinstance(handshake.story, str)
        for finding in findings:
            assert str(finding.summary).isprintable()
            assert str(finding.fix).isprintable()
            assert finding.wireshark_filter is None or "frame.number" in finding.wireshark_filter


def survive(path: Path, count: int, *, frames: bool) -> None:
    data = path.read_bytes()
    chance = random.Random(path.name)
    for number in range(count):
        wrong = mutated(data, chance)
        try:
            if frames:
                survey(wrong)
            else:
                say(tlsparse.read(wrong))
        except NotACaptureError:
            continue
        except Exception as error:
            error.add_note(f"{path.name}, mutation {number}")
            raise


every_capture = pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.name)


@every_capture
def test_wrong_bytes_are_survived(path):
    survive(path, 4, frames=False)


@pytest.mark.parametrize("path", CAPTURES[::12], ids=lambda path: path.name)
def test_every_table_is_made_of_wrong_bytes(path):
    survive(path, 4, frames=True)


@pytest.mark.parametrize("path", CAPTURES[::6], ids=lambda path: path.name)
def test_a_file_that_ends_anywhere_is_survived(path):
    data = path.read_bytes()
    chance = random.Random(path.name)
    for length in (0, 1, 3, 4, 23, 24, 25, 40, *(chance.randrange(len(data)) for _ in range(5))):
        survey(data[:length]) if length > 40 else survive_head(data[:length])


def survive_head(data: bytes) -> None:
    """A file that ends in its own header may be refused, and not otherwise than by name."""
    try:
        capture = tlsparse.read(data)
    except NotACaptureError:
        return
    say(capture)


@pytest.mark.slow
@every_capture
def test_many_wrong_bytes_are_survived(path):
    survive(path, 25, frames=False)


@pytest.mark.slow
@pytest.mark.parametrize("path", CAPTURES[::3], ids=lambda path: path.name)
def test_every_table_is_made_of_many_wrong_bytes(path):
    survive(path, 8, frames=True)

"""Every line of captures/manifest.csv: what was set up is what tlsparse says."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import tlsparse

CAPTURES = Path(__file__).parent.parent / "captures"
ROWS = list(csv.DictReader((CAPTURES / "manifest.csv").read_text("utf-8").splitlines()))


@pytest.mark.parametrize("row", ROWS, ids=[row["file"] for row in ROWS])
def test_capture_ends_as_its_story_says(row: dict[str, str]) -> None:
    capture = tlsparse.read(CAPTURES / row["file"])

    outcomes = [handshake.outcome for _, handshake in capture.contents.each()]

    assert row["outcomes"].split() == outcomes, row["story"]


@pytest.mark.parametrize("row", ROWS, ids=[row["file"] for row in ROWS])
def test_first_failure_finding_is_the_cause_or_an_ancestor_of_it(row: dict[str, str]) -> None:
    capture = tlsparse.read(CAPTURES / row["file"])

    said = [
        findings[0].cause
        for findings in capture.contents.findings.values()
        if findings and findings[0].severity == "failure"
    ]

    expected = row["findings"].split()
    assert len(expected) == len(said), (row["story"], expected, said)
    for cause, found in zip(expected, said, strict=True):
        assert (cause + ".").startswith(found + "."), row["story"]


def test_every_outcome_of_the_contract_occurs_in_some_capture() -> None:
    outcomes = {outcome for row in ROWS for outcome in row["outcomes"].split()}

    assert {
        "completed",
        "rejected",
        "alerted",
        "reset",
        "closed",
        "silent",
        "refused",
        "not_tls",
        "cut",
    } == outcomes

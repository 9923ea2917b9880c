"""Confidence means something: of the findings that are 0.9 sure, about nine in ten are right, and no more is held back
than has to be. Measured on the labelled captures beside the checkout, of which those with a fault in them are told by
who made it."""

from __future__ import annotations

import json
import warnings
from importlib.util import module_from_spec, spec_from_file_location

import pytest

import tlsparse
from tlsparse.output import as_json

pytestmark = pytest.mark.shared

ENOUGH = 20
"""So many findings a group has to have before its share says anything."""


@pytest.fixture(scope="module")
def verdicts(shared):
    """The first failure finding of each labelled connection: how sure it is, and whether it is right."""
    path = shared / "diagbench" / "score_diagnosis.py"
    spec = spec_from_file_location("score_diagnosis", path)
    scorer = module_from_spec(spec)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # it leaves a file open
        spec.loader.exec_module(scorer)
    return [
        (finding["confidence"], right)
        for label_path in sorted((path.parent / "open").glob("*.json"))
        for finding, right in judged(scorer, label_path)
    ]


def judged(scorer, label_path):
    label = json.loads(label_path.read_text())
    rows = list(as_json(tlsparse.read(label_path.parent / label["file"]).contents))
    connections = label.get("connections") or []
    several = len(connections) > 1 and all(c.get("client_port") for c in connections)
    for wanted in connections if several else [label]:
        row = scorer.pick(rows, wanted.get("client_port"))
        failures = [f for f in row["findings"] if f["severity"] == "failure"] if row else []
        if failures:
            yield failures[0], bool(scorer.judge(row, wanted, True).get("exact"))


def share(verdicts, least, most=1.0):
    """How many there are from one confidence up to another, how sure they are, and how many of them are right."""
    group = [(sure, right) for sure, right in verdicts if least <= sure < most]
    count = len(group)
    return (
        count,
        sum(sure for sure, _ in group) / max(1, count),
        sum(right for _, right in group) / max(1, count),
    )


@pytest.mark.parametrize("least, most", [(0.5, 0.7), (0.7, 0.8), (0.8, 0.9), (0.9, 1.0)])
def test_findings_are_right_as_often_as_they_are_sure(verdicts, least, most):
    count, sure, right = share(verdicts, least, most)

    assert count >= ENOUGH
    assert right >= sure - 0.05


@pytest.mark.parametrize("least, most", [(0.5, 0.7), (0.7, 0.8), (0.8, 0.9), (0.9, 1.0)])
def test_findings_are_not_less_sure_than_they_can_be(verdicts, least, most):
    _, sure, right = share(verdicts, least, most)

    assert sure >= right - 0.3


def test_the_surer_a_finding_the_more_often_it_is_right(verdicts):
    (_, _, doubtful), (_, _, probable), (_, _, sure) = (
        share(verdicts, 0.0, 0.7),
        share(verdicts, 0.7, 0.9),
        share(verdicts, 0.9),
    )

    assert doubtful <= probable <= sure


def test_most_findings_are_sure(verdicts):
    """A diagnosis that is never sure is never wrong, and of no use."""
    count, _, _ = share(verdicts, 0.8)

    assert count >= 0.7 * len(verdicts)

"""The captures and their manifest agree, so that every other test may rely on it."""

from __future__ import annotations

import ast
import csv
import hashlib
from pathlib import Path

import pytest

CAPTURES = Path(__file__).parent.parent / "captures"
COLUMNS = ["file", "story", "outcomes", "findings", "origin", "sha256"]
OUTCOMES = {
    "completed",
    "rejected",
    "alerted",
    "reset",
    "closed",
    "silent",
    "refused",
    "not_tls",
    "cut",
}
FINE = {"completed", "cut"}
PROBES = {"health_check.pcap", "port_scan.pcap"}  # nobody wanted to speak TLS: nothing failed
BESIDES = {".keylog", ".pem", ".crl"}
LARGEST_BYTES, EACH_BYTES, ALL_BYTES = 16_000, 6_000, 1_500_000
# Small enough to keep in the repository: what shows in many handshakes only has room for each.

with (CAPTURES / "manifest.csv").open(encoding="utf-8", newline="") as file:
    ROWS = list(csv.DictReader(file))

each_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row["file"]))


def test_the_manifest_lists_every_capture_and_no_other():
    kept = {
        path.name
        for path in CAPTURES.iterdir()
        if path.is_file() and path.suffix not in {".csv", ".md", *BESIDES}
    }

    assert sorted(row["file"] for row in ROWS) == sorted(kept)


def test_every_file_beside_a_capture_belongs_to_one():
    stems = {row["file"].partition(".")[0] for row in ROWS}

    assert {path.stem for path in CAPTURES.iterdir() if path.suffix in BESIDES} <= stems


@each_row
def test_the_line_is_complete(row: dict[str, str]):
    assert list(row) == COLUMNS
    assert all(row[column].strip() for column in COLUMNS if column != "findings")


@each_row
def test_the_hash_is_that_of_the_file(row: dict[str, str]):
    data = (CAPTURES / row["file"]).read_bytes()

    assert hashlib.sha256(data).hexdigest() == row["sha256"]
    assert len(data) <= max(LARGEST_BYTES, EACH_BYTES * len(row["outcomes"].split()))


@each_row
def test_outcomes_are_known_and_each_failure_has_one_cause(row: dict[str, str]):
    outcomes = row["outcomes"].split()

    assert set(outcomes) <= OUTCOMES
    failed = 0 if row["file"] in PROBES else sum(outcome not in FINE for outcome in outcomes)
    assert len(row["findings"].split()) == failed


@each_row
def test_the_story_is_that_of_the_function_that_makes_it(row: dict[str, str]):
    module, _, function = row["origin"].rpartition("; ")[2].partition(".")
    source = ast.parse((CAPTURES / "make" / f"{module}.py").read_text(encoding="utf-8"))
    stories = {
        node.name: " ".join((ast.get_docstring(node) or "").split("\n\n")[0].split())
        for node in source.body
        if isinstance(node, ast.FunctionDef)
    }

    assert function == row["file"].partition(".")[0]
    assert stories[function] == row["story"]


def test_all_captures_together_are_small():
    assert sum((CAPTURES / row["file"]).stat().st_size for row in ROWS) <= ALL_BYTES


def test_every_version_and_every_outcome_is_there():
    names = {row["file"].partition(".")[0] for row in ROWS}
    outcomes = {outcome for row in ROWS for outcome in row["outcomes"].split()}

    assert {"ssl30", "tls10", "tls11", "tls12_ecdhe", "tls13"} <= names
    assert outcomes == OUTCOMES

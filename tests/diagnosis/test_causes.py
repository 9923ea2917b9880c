"""The taxonomy, and that whatever can name a cause names one of it."""

from __future__ import annotations

import ast
import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from tlsparse.diagnosis.causes import causes

ROOT = Path(__file__).parent.parent.parent
DIAGNOSIS = ROOT / "tlsparse" / "diagnosis"
RULES = sorted(path for path in (DIAGNOSIS / "rules").glob("*.py") if path.stem != "__init__")
SIDES = ("client", "server")


def texts(node: ast.expr) -> Iterator[str]:
    """Yield each text that an expression may come to; a value in an f-string may be either side."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=body, orelse=other):
            yield from texts(body)
            yield from texts(other)
        case ast.JoinedStr(values=[]):
            yield ""
        case ast.JoinedStr(values=[first, *rest]):
            if isinstance(first, ast.FormattedValue):
                heads = list(texts(first.value)) or list(SIDES)
            else:
                heads = list(texts(first))
            for tail in texts(ast.JoinedStr(rest)):
                yield from (head + tail for head in heads)


def named_causes(path: Path) -> set[str]:
    """Return the causes that a rule's findings may name, those in a variable left aside."""
    return {
        cause
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "Finding"
        for cause in texts(node.args[0])
    }


def test_a_cause_has_an_id_a_title_and_a_sentence():
    for cause in causes().values():
        assert causes()[cause.id] is cause
        assert cause.title[0].isupper()
        assert cause.meaning.endswith(".")


@pytest.mark.parametrize("id", [id for id in causes() if "." in id])
def test_what_stands_before_a_dot_is_a_cause(id):
    assert id.rpartition(".")[0] in causes()


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_a_rule_names_only_known_causes(path):
    assert set() == named_causes(path) - set(causes())


def test_the_causes_of_a_rule_are_seen_through_conditions_and_sides():
    """The test above would be worth nothing if it saw nothing."""
    blackhole = named_causes(DIAGNOSIS / "rules" / "flight_blackholed.py")
    silence = named_causes(DIAGNOSIS / "rules" / "silence.py")

    assert {"transport.blackhole.client_hello", "transport.blackhole.server_flight"} == blackhole
    assert {"transport.silent.client", "transport.silent.server"} == silence


def test_alerts_stand_for_known_causes():
    rows = list(csv.DictReader((DIAGNOSIS / "alert_causes.csv").read_text("utf-8").splitlines()))

    assert set() == {row["cause"] for row in rows} - set(causes())


def test_the_manifest_of_captures_names_only_known_causes(captures):
    rows = csv.DictReader((captures / "manifest.csv").read_text("utf-8").splitlines())

    assert set() == {cause for row in rows for cause in row["findings"].split()} - set(causes())


@pytest.mark.shared
def test_the_taxonomy_has_every_cause_of_the_larger_collection(shared):
    rows = csv.DictReader((shared / "diagbench" / "causes.csv").read_text("utf-8").splitlines())

    assert set() == {row["cause"] for row in rows} - set(causes())

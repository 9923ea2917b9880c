"""Sentences with values, and what proves them."""

from __future__ import annotations

import inspect
import pickle
import subprocess
import sys

import pytest

from tlsparse.diagnosis.finding import (
    Finding,
    Phrase,
    Severity,
    Text,
    advice,
    all_rules,
    rules_for,
)
from tlsparse.handshake.event import Event


def finding(*packets: int) -> Finding:
    events = tuple(Event("message", "finished", "client", p, time_ns=0) for p in packets)
    text = Text("one sentence")
    return Finding("certificate", 0.5, "server", "certificate", text, text, evidence=events)


def test_a_sentence_has_its_values():
    text = Text("{server} answered with {alert}.", server="192.0.2.1:443", alert="unknown_ca")

    assert "192.0.2.1:443 answered with unknown_ca." == str(text)
    assert "Text('192.0.2.1:443 answered with unknown_ca.')" == repr(text)


def test_a_value_is_never_taken_for_a_part_of_the_sentence():
    """A server name is whatever a client cares to send."""
    assert "It asked for {server}{0.__class__}." == str(
        Text("It asked for {name}.", name="{server}{0.__class__}", server="secret")
    )


def test_the_template_and_the_values_are_kept_apart():
    """So that the sentence can be said in another language."""
    text = Text("{who} left.", who="client")

    assert ("{who} left.", {"who": "client"}) == (text.template, text.values)


def test_a_sentence_can_be_said_in_another_language():
    text = Text("Read the log of {server} at this time.", server="192.0.2.1:443")

    assert "查看 192.0.2.1:443 当时的日志。" == text.say("zh") == str(text.in_language("zh"))
    assert "Read the log of 192.0.2.1:443 at this time." == str(text)


def test_a_sentence_within_a_sentence_is_said_in_the_same_language():
    inner = Text("Read the log of {server} at this time.", server="x")
    text = Text("Do: {fix}", fix=inner)

    assert "处理：查看 x 当时的日志。" == text.say("zh")


def test_advice_is_put_together_once_for_the_same_values():
    once, again, other = (advice("Update {server}.", server=name) for name in "xxy")

    assert once is again
    assert ("Update x.", "Update y.") == (str(once), str(other))


def test_a_name_is_not_taken_for_the_word_of_ours_that_it_is_equal_to():
    name, word = (advice("It has {what}.", what=what) for what in ("none", Phrase("none")))

    assert [str, Phrase] == [type(text.values["what"]) for text in (name, word)]


def test_what_is_found_once_more_has_its_own_proof():
    first = finding(7)
    again = first.proven_by(*finding(9, 8).evidence)

    assert ((7,), (8, 9)) == (first.packets, again.packets)
    assert (first.cause, first.summary) == (again.cause, again.summary)


def test_a_sentence_goes_to_another_process_and_back():
    text = Text("Read the log of {server} at this time.", server="x").in_language("zh")

    assert "查看 x 当时的日志。" == str(pickle.loads(pickle.dumps(text)))


def test_a_finding_can_be_said_in_another_language():
    text = Text("Read the log of {server} at this time.", server="x")
    said = Finding("certificate", 0.5, "server", "certificate", text, text).in_language("zh")

    assert "查看 x 当时的日志。" == str(said.summary) == str(said.fix)
    assert "certificate" == said.cause


def test_evidence_leads_to_packets_each_once_and_in_order():
    assert (3, 5, 9) == finding(9, 3, 5, 3).packets


def test_evidence_leads_to_a_display_filter():
    assert "frame.number in {3, 9}" == finding(9, 3).wireshark_filter


def test_without_evidence_there_is_no_filter():
    assert finding().wireshark_filter is None


def test_a_finding_is_a_failure_unless_told_otherwise():
    assert finding().severity is Severity.failure


def test_a_severity_reads_as_the_contract_has_it():
    assert ["failure", "warning", "note"] == [str(severity) for severity in Severity]


def test_a_rule_has_the_name_of_its_file():
    assert all(rule.__module__.endswith(f".rules.{name}") for name, rule in all_rules().items())


@pytest.mark.parametrize("rule", all_rules().values(), ids=all_rules())
def test_the_docstring_of_a_rule_is_a_page_of_manual(rule):
    headings = ["What it looks like", "What it means", "What to try"]
    lines = inspect.getdoc(rule).splitlines()

    assert lines[0].endswith(".")
    assert headings == [line for line in lines if line in headings]


def test_a_rule_that_was_imported_first_hides_no_other():
    """In a program of its own, since here all rules are imported."""
    script = (
        "import tlsparse.diagnosis.rules.silence\n"
        "from tlsparse.diagnosis.finding import all_rules\n"
        "print(*all_rules())"
    )
    names = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert list(all_rules()) == names.stdout.split()
    assert len(all_rules()) > 1


@pytest.fixture(scope="module")
def fired(captures) -> set[str]:
    import tlsparse

    handshakes = [
        handshake
        for path in sorted(captures.iterdir())
        if ".pcap" in path.name
        for _, handshake in tlsparse.read(path).contents.each()
    ]
    return {name for name, rule in all_rules().items() if any(any(rule(h)) for h in handshakes)}


@pytest.mark.parametrize("name", all_rules())
def test_some_capture_makes_a_rule_fire(fired, name):
    assert name in fired


def test_of_a_handshake_that_completed_only_the_remarks_are_asked():
    remarks, others = rules_for("completed"), rules_for("alerted")

    assert {*remarks}.isdisjoint(others)
    assert {*all_rules().values()} == {*remarks, *others}
    assert remarks

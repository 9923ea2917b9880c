"""Findings of a handshake: the most probable first, each cause once."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

import tlsparse
from tlsparse.diagnosis import judge
from tlsparse.diagnosis.finding import Finding, Severity, Text
from tlsparse.errors import UsageError
from tlsparse.handshake.outcome import Ending


def finding(cause: str, confidence: float, severity: Severity = Severity.failure) -> Finding:
    text = Text(f"{cause}, {confidence}")
    return Finding(cause, confidence, "server", "certificate", text, text, severity=severity)


@pytest.fixture
def said(monkeypatch):
    """Judge a handshake of which the rules say these findings, each its own."""

    def judged(*findings: Finding, partial: bool = False) -> list[Finding]:
        rules = [lambda _, f=f: iter([f]) for f in findings]
        monkeypatch.setattr(judge, "rules_for", lambda outcome: rules)
        return judge.diagnose(
            SimpleNamespace(outcome="alerted", ending=Ending(partial=partial), scan=None)
        )

    return judged


def test_what_is_surer_comes_first(said):
    doubtful, sure = finding("certificate", 0.4), finding("integrity", 0.9)

    assert [sure, doubtful] == said(doubtful, sure)


def test_a_failure_comes_before_a_warning_and_that_before_a_note(said):
    failure = finding("certificate", 0.1)
    warning = finding("integrity", 0.5, Severity.warning)
    note = finding("negotiation", 0.9, Severity.note)

    assert [failure, warning, note] == said(note, warning, failure)


def test_a_particular_cause_takes_the_place_of_the_general_one(said):
    general, particular = finding("certificate", 0.9), finding("certificate.expired", 0.5)
    other = finding("client.aborted", 0.8)

    assert [particular, other] == said(general, other, particular)


def test_a_particular_cause_that_is_hardly_probable_stands_behind_the_general_one(said):
    general, particular = finding("certificate", 0.9), finding("certificate.expired", 0.4)

    assert [general, particular] == said(particular, general)


def test_of_two_equally_sure_the_more_particular_comes_first(said):
    general, particular = finding("certificate", 0.4), finding("certificate.expired", 0.4)

    assert [particular, general] == said(general, particular)


def test_a_cause_is_said_once_by_who_is_surest(said):
    doubtful, sure = finding("certificate", 0.4), finding("certificate", 0.9)

    assert [sure] == said(doubtful, sure)


def test_the_order_of_the_rules_does_not_matter(said):
    findings = [finding("certificate", 0.5), finding("integrity", 0.5), finding("client", 0.5)]

    assert said(*findings) == said(*reversed(findings))


def test_of_nothing_there_is_nothing_to_say(said):
    assert [] == said()


def test_a_handshake_that_went_well_has_no_failure(captures):
    handshake = tlsparse.read(captures / "tls13.pcap").handshake(0)

    assert [] == [f for f in judge.diagnose(handshake) if f.severity == Severity.failure]


def test_a_handshake_that_failed_has_one(captures):
    handshake = tlsparse.read(captures / "expired_tls12.pcap").handshake(0)

    assert "certificate.expired" == judge.diagnose(handshake)[0].cause


def test_findings_are_said_in_the_language_that_was_asked_for(captures):
    handshake = tlsparse.read(captures / "expired_tls12.pcap").handshake(0)
    english, chinese = judge.diagnose(handshake), judge.diagnose(handshake, lang="zh")

    assert [f.cause for f in english] == [f.cause for f in chinese]
    assert str(english[0].fix).startswith("Renew the certificate of server.test")
    assert str(chinese[0].fix).startswith("续签 server.test 的证书")


def test_an_unknown_language_is_refused(captures):
    handshake = tlsparse.read(captures / "tls13.pcap").handshake(0)

    with pytest.raises(UsageError, match="there is no language 'fr'; there are en, zh"):
        judge.diagnose(handshake, lang="fr")


def test_where_the_capture_lacks_something_all_findings_are_less_sure(said):
    (whole,) = said(finding("certificate.expired", 0.9))
    (partly,) = said(finding("certificate.expired", 0.9), partial=True)

    assert whole.confidence > partly.confidence


# --- Whether it failed -----------------------------------------------------------------------------------------------

NOTE, WARNING = (
    finding("client.aborted", 0.8, grave) for grave in (Severity.note, Severity.warning)
)
FAILURE = finding("integrity", 0.5)


@pytest.mark.parametrize(
    ("outcome", "findings", "failed"),
    [
        ("completed", [], False),
        ("cut", [], False),
        ("alerted", [], True),
        ("alerted", [FAILURE, NOTE], True),
        ("closed", [NOTE], False),
        ("completed", [WARNING], False),
    ],
)
def test_what_ended_otherwise_failed_unless_there_is_only_a_note_of_it(outcome, findings, failed):
    assert failed is judge.has_failed(SimpleNamespace(outcome=outcome), findings)

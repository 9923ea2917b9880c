"""The same failure many times is one group."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tlsparse.diagnosis.finding import Finding, Severity, Text
from tlsparse.flow.flow import Endpoint
from tlsparse.output.groups import MOST, group_failures, group_remarks


@pytest.fixture
def case():
    """Make a handshake and its one finding."""
    made = []

    def make(
        cause="certificate.expired",
        *,
        server="192.0.2.80",
        client="192.0.2.10",
        name="server.test",
        side="server",
        confidence=0.9,
        severity=Severity.failure,
        fix=None,
    ):
        handshake = SimpleNamespace(
            number=len(made),
            target=Endpoint(server, 443),
            client=Endpoint(client, 50000),
            server_name=name,
            outcome="alerted",
            step="certificate",
        )
        made.append(handshake)
        summary = Text("It expired.")
        advice = fix or Text("Renew it.")
        finding = Finding(
            cause, confidence, side, "certificate", summary, advice, severity=severity
        )
        return handshake, [finding] if cause else []

    return make


def numbers(groups):
    return [[handshake.number for handshake in group.handshakes] for group in groups]


def test_one_server_with_one_cause_is_one_group_whoever_the_client_is(case):
    cases = [case(client=f"192.0.2.{n}") for n in range(3)]

    assert [[0, 1, 2]] == numbers(group_failures(cases))


def test_another_server_name_or_cause_is_another_group(case):
    cases = [case(), case(server="192.0.2.81"), case(name="other.test"), case("certificate.name")]

    assert [[0], [1], [2], [3]] == numbers(group_failures(cases))


def test_where_the_client_must_act_it_is_one_group_for_all_its_servers(case):
    cases = [case(server=f"192.0.2.{n}", side="client") for n in range(4)]

    assert [[0, 1, 2, 3]] == numbers(group_failures(cases))


def test_the_gravest_and_then_the_most_frequent_comes_first(case):
    cases = [
        case("protocol.starttls_refused", severity=Severity.note),
        case("certificate.name"),
        case(),
        case(),
    ]

    assert [[2, 3], [1], [0]] == numbers(group_failures(cases))


def test_a_cause_with_many_servers_keeps_the_largest_groups(case):
    cases = [case(server=f"192.0.2.{n}") for n in (*range(20), 7)]

    groups = group_failures(cases)

    assert MOST == len(groups)
    assert [7, 20] in numbers(groups)
    assert 21 == sum(map(len, numbers(groups)))


def test_the_example_is_the_first_of_the_surest(case):
    (group,) = group_failures([case(confidence=c) for c in (0.5, 0.9, 0.9)])

    assert 1 == group.example[0].number
    assert [0, 2] == [handshake.number for handshake in group.others]


def test_failures_without_a_cause_are_put_together_by_how_they_ended(case):
    assert [[0, 1]] == numbers(group_failures([case(""), case("")]))


def test_each_remark_of_a_handshake_is_in_a_group_of_its_own(case):
    handshake, findings = case(severity=Severity.warning)
    _, weak = case("certificate.weak_key", severity=Severity.warning)

    assert [[0], [0]] == numbers(group_remarks([(handshake, findings + weak)]))


def test_where_something_else_is_to_be_done_it_is_another_group(case):
    cases = [
        case(severity=Severity.warning, fix=Text("{what} Soon.", what=Text(inner)))
        for inner in ("Renew it.", "Revoke it.", "Renew it.")
    ]

    assert [[0, 2], [1]] == numbers(group_remarks(cases))

from __future__ import annotations

import pytest


def test_protocol_version_of_the_server_is_taken_at_its_word(findings, hello, alert):
    (finding,) = findings(f"C {hello(versions=None)}\n S {alert(70)}")

    assert ("negotiation.version", "client_hello") == (finding.cause, finding.step)
    assert "TLS 1.2" in str(finding.summary)


def test_a_client_that_refuses_what_the_server_chose_is_found(findings, hello, answer, alert):
    (finding,) = findings(f"C {hello(versions=(0x0304,))}\n S {answer()}\n C {alert(70)}")

    assert ("negotiation.version", "server_hello", "server") == (
        finding.cause,
        finding.step,
        finding.side,
    )


@pytest.mark.parametrize("legacy", [0x0300, 0x0301, 0x0302])
def test_an_old_hello_is_refused_for_its_age(findings, hello, alert, legacy):
    (finding,) = findings(f"C {hello(versions=None, legacy=legacy)}\n S {alert(40)}")

    assert ("negotiation.version", "client") == (finding.cause, finding.side)


def test_handshake_failure_to_a_modern_hello_is_not_about_the_version(findings, hello, alert):
    assert [] == findings(f"C {hello()}\n S {alert(40)}")


MANY = (0xC02B, 0xC02F, 0xC02C, 0xC030, 0xC013)


def test_a_hello_of_one_version_and_plenty_of_all_else_may_be_about_the_version(
    findings, hello, alert
):
    (finding,) = findings(f"C {hello(versions=None, suites=MANY)}\n S {alert(40)}")

    assert ("negotiation.version", 0.5) == (finding.cause, finding.confidence)


def test_a_hello_of_one_version_and_few_suites_is_about_these(findings, hello, alert):
    assert [] == findings(f"C {hello(versions=None, suites=MANY[:1])}\n S {alert(40)}")

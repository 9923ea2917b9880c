from __future__ import annotations

import pytest


@pytest.mark.parametrize("number, confidence", [(112, 0.93), (80, 0.7)])
def test_a_client_that_names_nobody_is_found(findings, hello, alert, number, confidence):
    (finding,) = findings(f"C {hello(name=None)}\n S {alert(number)}")

    assert ("negotiation.server_name.missing", "client", confidence) == (
        finding.cause,
        finding.side,
        finding.confidence,
    )


def test_a_name_that_the_server_does_not_like_is_not_missing(findings, hello, alert):
    assert [] == findings(f"C {hello()}\n S {alert(112)}")


def test_a_version_that_the_server_does_not_like_is_no_matter_of_names(findings, hello, alert):
    assert [] == findings(f"C {hello(name=None)}\n S {alert(70)}")

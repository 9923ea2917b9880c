from __future__ import annotations

import pytest


@pytest.mark.parametrize("number", [50, 47, 10])
def test_a_hello_that_the_server_cannot_read_is_found(findings, hello, alert, number):
    (finding,) = findings(f"C {hello()}\n S {alert(number)}")

    assert ("integrity.malformed_hello", "network", (4, 5)) == (
        finding.cause,
        finding.side,
        finding.packets,
    )


def test_a_hello_that_nobody_can_read_is_the_clients_fault(findings, alert):
    broken = "hex:1603010008" + "01000004" + "03030000"  # a body that ends in its random
    (finding,) = findings(f"C {broken}\n S {alert(50)}")

    assert "client" == finding.side
    assert "cannot be parsed" in str(finding.summary)


def test_a_refused_offer_is_not_broken(findings, hello, alert):
    assert [] == findings(f"C {hello()}\n S {alert(40)}")


def test_what_the_client_cannot_read_is_no_client_hello(findings, hello, answer, alert):
    assert [] == findings(f"C {hello()}\n S {answer()}\n C {alert(50)}")

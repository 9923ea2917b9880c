from __future__ import annotations


def test_a_marked_random_that_the_client_refuses_is_a_downgrade(findings, hello, answer, alert):
    (finding,) = findings(f"C {hello()}\n S {answer(downgraded=True)}\n C {alert(47)}")

    assert ("integrity.downgrade", "network", "server_hello", (4, 5, 6)) == (
        finding.cause,
        finding.side,
        finding.step,
        finding.packets,
    )


def test_illegal_parameter_after_a_plain_random_is_something_else(findings, hello, answer, alert):
    assert [] == findings(f"C {hello()}\n S {answer()}\n C {alert(47)}")


def test_a_client_that_goes_on_was_not_downgraded(findings, hello, answer):
    assert [] == findings(f"C {hello(versions=None)}\n S {answer(downgraded=True)}\n C fin")

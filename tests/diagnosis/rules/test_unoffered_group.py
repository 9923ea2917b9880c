from __future__ import annotations

FLIGHT = "certificate server_key_exchange server_hello_done"  # on x25519


def test_a_group_that_was_not_offered_is_found(findings, hello, answer, alert):
    (finding,) = findings(f"C {hello(groups=(0x001E,))}\n S {answer()} {FLIGHT}\n C {alert(47)}")

    assert ("negotiation.group", "key_exchange") == (finding.cause, finding.step)
    assert "x25519" in str(finding.summary)


def test_a_group_that_was_offered_is_not_the_reason(findings, hello, answer, alert):
    assert [] == findings(f"C {hello()}\n S {answer()} {FLIGHT}\n C {alert(47)}")

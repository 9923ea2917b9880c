from __future__ import annotations


def test_a_client_that_insists_is_found(findings, hello, answer, alert):
    (finding,) = findings(
        f"C {hello()}\n S {answer(more=((0xFF01, b'{0}'),))}\n C {alert(71)}".replace("{0}", "\x00")
    )

    assert ("negotiation.extended_master_secret", "server") == (finding.cause, finding.side)


def test_a_server_that_insists_is_found(findings, hello, alert):
    (finding,) = findings(f"C {hello(versions=None, more=())}\n S {alert(71)}")

    assert ("negotiation.extended_master_secret", "client") == (finding.cause, finding.side)


def test_where_both_have_it_the_reason_is_another(findings, hello, answer, alert):
    assert [] == findings(f"C {hello()}\n S {answer()}\n C {alert(71)}")

from __future__ import annotations


def test_a_server_hello_without_renegotiation_info_is_found(findings, hello, answer, alert):
    (finding,) = findings(f"C {hello()}\n S {answer(more=((0x0017, b''),))}\n C {alert(40)}")

    assert ("negotiation.renegotiation", "server", "server_hello") == (
        finding.cause,
        finding.side,
        finding.step,
    )


def test_a_client_without_the_signal_is_found(findings, hello, alert):
    (finding,) = findings(f"C {hello(versions=None, more=())}\n S {alert(40)}")

    assert ("negotiation.renegotiation", "client") == (finding.cause, finding.side)


def test_a_server_hello_with_it_has_another_fault(findings, hello, answer, alert):
    assert [] == findings(f"C {hello()}\n S {answer()}\n C {alert(40)}")


def test_a_client_of_tls13_alone_has_no_need_of_it(findings, hello, alert):
    assert [] == findings(f"C {hello(versions=(0x0304,), more=())}\n S {alert(40)}")

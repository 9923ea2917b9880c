from __future__ import annotations


def test_a_name_that_the_server_does_not_know_is_found(findings, hello, alert):
    (finding,) = findings(f"C {hello(name='nosuch.test')}\n S {alert(112)}")

    assert ("negotiation.server_name.unrecognized", "server") == (finding.cause, finding.side)
    assert "nosuch.test" in str(finding.summary)


def test_java_takes_the_warning_for_fatal(findings, hello, answer, alert):
    talk = f"C {hello()}\n S alert:warning:unrecognized_name {answer()}\n C {alert(40)}"
    (finding,) = findings(talk)

    assert ("negotiation.server_name.unrecognized", "server_hello") == (finding.cause, finding.step)


def test_a_warning_after_which_the_client_goes_on_is_no_cause(findings, hello, answer, alert):
    talk = f"C {hello()}\n S alert:warning:unrecognized_name {answer()}\n C {alert(48)}"

    assert [] == findings(talk)


def test_who_names_nobody_cannot_be_unknown(findings, hello, alert):
    assert [] == findings(f"C {hello(name=None)}\n S {alert(112)}")

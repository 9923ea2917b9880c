from __future__ import annotations

SCSV = (0xC02F, 0x5600)


def test_inappropriate_fallback_is_found(findings, hello, alert):
    (finding,) = findings(f"C {hello(suites=SCSV, versions=None)}\n S {alert(86)}")

    assert ("negotiation.version.fallback", "client") == (finding.cause, finding.side)
    assert "TLS 1.2" in str(finding.summary)


def test_a_client_may_find_out_itself(findings, hello, answer, alert):
    """Java does not know the signal; its ServerHello shows that it has TLS 1.3."""
    talk = f"C {hello(suites=SCSV, versions=None)}\n S {answer(downgraded=True)}\n C {alert(47)}"
    (finding,) = findings(talk)

    assert "negotiation.version.fallback" == finding.cause


def test_a_signal_that_nobody_minds_is_no_cause(findings, hello, alert):
    assert [] == findings(f"C {hello(suites=SCSV, versions=None)}\n S {alert(40)}")

from __future__ import annotations


def test_a_list_that_somebody_cut_short_is_suspected(findings, hello, alert):
    (finding,) = findings(f"C {hello(schemes=(0x0403,))}\n S {alert(40)}")

    assert ("negotiation.signature_scheme", 0.85, (4, 5)) == (
        finding.cause,
        finding.confidence,
        finding.packets,
    )
    assert "ecdsa_secp256r1_sha256" in str(finding.summary)


def test_a_usual_list_is_hardly_suspected(findings, hello, alert):
    (finding,) = findings(f"C {hello()}\n S {alert(40)}")

    assert 0.6 > finding.confidence


def test_another_alert_says_nothing_of_signature_schemes(findings, hello, alert):
    assert [] == findings(f"C {hello(schemes=(0x0403,))}\n S {alert(70)}")


def test_a_refusal_after_the_server_hello_is_no_matter_of_the_offer(findings, hello, answer, alert):
    assert [] == findings(f"C {hello(schemes=(0x0403,))}\n S {answer()}\n C {alert(40)}")

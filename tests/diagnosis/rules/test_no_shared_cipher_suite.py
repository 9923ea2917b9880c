from __future__ import annotations


def test_a_list_that_somebody_cut_short_is_suspected(findings, hello, alert):
    (finding,) = findings(f"C {hello(suites=(0xC02B, 0x00FF))}\n S {alert(40)}")

    assert ("negotiation.cipher_suite", 0.85, (4, 5)) == (
        finding.cause,
        finding.confidence,
        finding.packets,
    )
    assert "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" in str(finding.summary)


def test_behind_a_proxy_the_server_is_the_one_that_it_leads_to(findings, hello, alert):
    asked, granted = b"CONNECT a.test:443 HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"
    (finding,) = findings(f"""
        C hex:{asked.hex()}
        S hex:{granted.hex()}
        C {hello(suites=(0xC02B, 0x00FF))}
        S {alert(40)}
    """)

    assert "a.test:443" in str(finding.fix)
    assert "192.0.2.2" not in f"{finding.summary} {finding.fix}"


def test_a_usual_list_is_hardly_suspected(findings, hello, alert):
    (finding,) = findings(f"C {hello()}\n S {alert(40)}")

    assert 0.6 > finding.confidence


def test_another_alert_says_nothing_of_cipher_suites(findings, hello, alert):
    assert [] == findings(f"C {hello(suites=(0xC02B, 0x00FF))}\n S {alert(70)}")


def test_a_refusal_after_the_server_hello_is_no_matter_of_the_offer(findings, hello, answer, alert):
    assert [] == findings(f"C {hello(suites=(0xC02B, 0x00FF))}\n S {answer()}\n C {alert(40)}")


def test_suites_that_no_server_takes_any_more_are_the_suspect(findings, hello, alert):
    """Any number of them: NULL, anonymous, EXPORT, RC4, 3DES."""
    weak = (0x0001, 0x0002, 0x003B, 0x0034, 0x0003, 0x0005, 0x000A, 0xC006, 0xC010)
    (finding,) = findings(f"C {hello(suites=weak, versions=None)}\n S {alert(40)}")

    assert finding.confidence >= 0.85

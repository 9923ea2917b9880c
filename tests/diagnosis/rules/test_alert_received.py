from __future__ import annotations

import pytest

FLIGHT = "S server_hello certificate server_key_exchange server_hello_done\n"


@pytest.mark.parametrize(
    "capture, cause",
    [
        ("expired_tls12.pcap", "certificate.expired"),
        ("expired_tls13_gnutls.pcap", "certificate"),
        ("unrecognized_name.pcap", "negotiation.server_name.unrecognized"),
        ("no_application_protocol.pcap", "negotiation.alpn"),
        ("old_client.pcap", "negotiation.version"),
        ("unknown_client_ca_tls12.pcap", "client_certificate.unknown_ca"),
    ],
)
def test_an_alert_names_a_cause(findings, capture, cause):
    (finding,) = findings(capture=capture)

    assert cause == finding.cause


def test_the_evidence_is_the_alert_and_what_it_refuses(findings):
    (finding,) = findings(f"C client_hello\n{FLIGHT} C alert:fatal:certificate_expired")

    assert (5, 6) == finding.packets
    assert "client" in str(finding.summary)
    assert "certificate_expired" in str(finding.summary)
    assert ("certificate.expired", "server") == (finding.cause, finding.side)


def test_an_alert_without_a_message_before_it_is_its_own_evidence(findings):
    (finding,) = findings("S syn_ack\n S alert:fatal:handshake_failure", opened=False)

    assert (2,) == finding.packets


def test_an_encrypted_alert_names_only_what_was_refused(findings):
    """The client had sent a certificate of 900 bytes before its Finished."""
    (finding,) = findings("""
        C client_hello
        S server_hello_sha256 ccs data:32 data:800 data:281 data:53
        C ccs data:900 data:281 data:53
        S data:19 fin
    """)

    assert "client_certificate" == finding.cause
    assert "encrypted" in str(finding.summary)


def test_an_alert_that_is_not_known_at_its_step_stands_for_the_step(findings):
    (finding,) = findings("C client_hello\n S alert:fatal:decrypt_error")

    assert ("negotiation", "client_hello") == (finding.cause, finding.step)


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("{tls12}", id="no alert"),
        pytest.param(
            "{tls12} C data:50 \n S data:50 \n C alert:26 fin", id="close_notify at the end"
        ),
        pytest.param("{tls12} C fin", id="a close without an alert"),
        pytest.param("C client_hello \n S alert:warning:close_notify fin", id="a polite close"),
        pytest.param(
            "C client_hello \n {flight} S fin \n C alert:fatal:internal_error",
            id="an answer to a FIN",
        ),
    ],
)
def test_other_endings_have_no_alert_to_speak_of(findings, tls12, script):
    assert [] == findings(script.replace("{tls12}", tls12).replace("{flight}", FLIGHT))


def test_a_warning_before_the_server_hello_is_not_spoken_of(findings, tls12):
    hello, rest = tls12.split("\n    S", 1)

    assert [] == findings(f"{hello}\n S alert:warning:unrecognized_name\n S{rest}")


def test_a_chain_that_is_encrypted_is_to_be_looked_at(findings):
    hidden = "C client_hello\n S server_hello_sha256 ccs data:32 data:800 data:281 data:53\n"
    (unknown,) = findings(hidden + "C alert:fatal:unknown_ca")
    (vague,) = findings(hidden + "C alert:fatal:certificate_unknown")

    assert "it ends at a root that 192.0.2.1 does not know" in str(unknown.summary)
    assert "cannot be seen" not in str(vague.summary)
    for finding in (unknown, vague):
        assert "openssl s_client -connect 192.0.2.2:443" in str(finding.fix)

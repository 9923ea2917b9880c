from __future__ import annotations

import pytest

FLIGHT = "certificate server_key_exchange server_hello_done"


@pytest.mark.parametrize("number", [20, 51])
def test_a_finished_that_does_not_verify_is_found(findings, hello, answer, alert, number):
    (finding,) = findings(f"""
        C {hello(versions=None)}
        S {answer()} {FLIGHT}
        C client_key_exchange ccs finished:40
        S {alert(number)}
    """)

    assert ("integrity.bad_mac", "finished", "network") == (
        finding.cause,
        finding.step,
        finding.side,
    )


@pytest.mark.parametrize("number", [51, 10, 40])
def test_a_signature_that_does_not_verify_is_found(findings, hello, answer, alert, number):
    """OpenSSL, Go and Java have a word of their own for it."""
    (finding,) = findings(f"C {hello()}\n S {answer()} {FLIGHT}\n C {alert(number)}")

    assert ("integrity.bad_mac", "key_exchange") == (finding.cause, finding.step)


def test_a_finished_alone_that_is_refused_leaves_no_other_reason(findings, hello, answer):
    server = f"S {answer(0x1301, version=0x0304)} ccs data:32 data:800"
    (finding,) = findings(f"C {hello()}\n {server}\n C ccs data:53\n S data:19 fin")

    assert ("integrity.bad_mac", "finished") == (finding.cause, finding.step)


def test_with_a_certificate_before_finished_the_certificate_is_the_suspect(findings, hello, answer):
    server = f"S {answer(0x1301, version=0x0304)} ccs data:32 data:800"

    assert [] == findings(f"C {hello()}\n {server}\n C ccs data:900 data:53\n S data:19 fin")


def test_an_echo_of_the_victim_is_no_cause(findings, hello, answer, alert):
    """A server that cannot read the plain alert of its client says bad_record_mac."""
    server = f"S {answer(0x1301, version=0x0304)} ccs data:32 data:800"

    assert [] == findings(f"C {hello()}\n {server}\n C {alert(48)}\n S {alert(20)}")


UNREAD = "S server_hello_sha256 ccs data:32 data:800\n C ccs data:19 fin\n"


def test_an_alert_that_the_server_answers_with_another_could_not_be_read(findings):
    (finding,) = findings(capture="server_random_damaged_java.pcap")

    assert ("integrity.bad_mac", "server_hello") == (finding.cause, finding.step)
    assert [] != findings(f"C client_hello\n {UNREAD} S data:19")


def test_an_alert_that_the_server_takes_was_read(findings):
    assert [] == findings(f"C client_hello\n {UNREAD} S fin")

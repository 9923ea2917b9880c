from __future__ import annotations

import pytest

from tlsparse.diagnosis.rules.hidden_certificate_refused import hidden_certificate_refused

SHOWN = "C client_hello\n S server_hello "
THROUGH = """ server_key_exchange server_hello_done
    C client_key_exchange ccs finished:40
    S ccs finished:40
    C data:50
    S data:50
"""
HIDDEN = "C client_hello\n S server_hello_sha256 ccs data:900\n"


def test_what_another_client_was_shown_tells_the_cause(findings):
    (finding,) = findings(capture="expired_shown_to_another.pcap", number=1)

    assert ("certificate.expired", "server") == (finding.cause, finding.side)
    assert "another client was shown one by the same server (packet 6)" in str(finding.summary)
    assert (6, 24) == finding.packets


@pytest.mark.parametrize(
    "options, alert, cause",
    [
        ({"end_days": -1}, "C alert:fatal:certificate_expired", "certificate.expired"),
        ({"names": ("other.test",)}, "C data:19 fin", "certificate.name"),
        ({}, "C alert:fatal:unknown_ca", "certificate.untrusted.unknown_ca"),
    ],
)
def test_the_fault_is_one_that_the_alert_can_mean(
    handshake, leaf, options, alert, cause, introduce
):
    refused = handshake(HIDDEN + alert)
    introduce([handshake(SHOWN + leaf(**options) + THROUGH), refused])
    (finding,) = hidden_certificate_refused(refused)

    assert cause == finding.cause


def test_a_chain_without_the_fault_says_nothing(handshake, leaf, introduce):
    refused = handshake(HIDDEN + "C alert:fatal:certificate_expired")
    introduce([handshake(SHOWN + leaf() + THROUGH), refused])

    assert [] == list(hidden_certificate_refused(refused))


def test_a_chain_for_another_name_says_nothing(handshake, leaf, hello, introduce):
    refused = handshake(HIDDEN + "C alert:fatal:unknown_ca")
    other = f"C {hello(name='other.test')}\n S server_hello " + leaf(end_days=-1) + THROUGH
    introduce([handshake(other), refused])

    assert [] == list(hidden_certificate_refused(refused))


def test_alone_it_says_nothing(findings):
    assert [] == findings(HIDDEN + "C alert:fatal:certificate_expired")

from __future__ import annotations

import pytest

from tlsparse.diagnosis.rules.faulty_certificate_accepted import faulty_certificate_accepted
from tlsparse.output import handshake_text

HELLOS = "C client_hello\n S server_hello "
THROUGH = """ server_key_exchange server_hello_done
    C client_key_exchange ccs finished:40
    S ccs finished:40
    C data:50
    S data:50
"""


def test_a_fault_that_the_client_accepts_is_a_warning(findings):
    found = findings(capture="expired_accepted.pcap")

    assert [("certificate.expired", "warning")] == [(f.cause, f.severity) for f in found]


def test_a_capture_without_times_says_nothing_of_certificates(findings):
    """Whether one was valid when it was shown, nobody can say."""
    assert [] == findings(capture="simple_packets.pcapng")


@pytest.mark.parametrize(
    "options, causes",
    [
        ({"end_days": -1}, ["certificate.expired"]),
        ({"names": ("other.test",)}, ["certificate.name"]),
        ({"kind": "rsa1024", "end_days": -1}, ["certificate.expired", "certificate.weak_key"]),
    ],
)
def test_all_faults_are_told(findings, leaf, options, causes):
    found = findings(HELLOS + leaf(**options) + THROUGH)

    assert causes == [finding.cause for finding in found]
    assert {"warning"} == {finding.severity for finding in found}


def test_a_certificate_that_ends_within_a_month(findings, leaf):
    (finding,) = findings(HELLOS + leaf(begin_days=-80, end_days=20) + THROUGH)

    assert ("certificate.expired", "warning") == (finding.cause, finding.severity)
    assert "after the handshake" in str(finding.summary)


def test_what_expires_soon_is_not_called_expired(handshake, leaf):
    lasting = handshake(HELLOS + leaf(begin_days=-80, end_days=20) + THROUGH)
    text = handshake_text(lasting, list(faulty_certificate_accepted(lasting)))

    assert text.startswith("!  Certificate expires soon ")
    assert " certificate.expired  0.90  server must act" in text.splitlines()[0]


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({}, id="a private root is no fault for who was given it"),
        pytest.param({"begin_days": -60, "end_days": 31}, id="more than a month is left"),
        pytest.param({"begin_days": -1, "end_days": 6}, id="it lives for a week"),
    ],
)
def test_a_chain_without_fault_is_not_spoken_of(findings, leaf, options):
    assert [] == findings(HELLOS + leaf(**options) + THROUGH)


def test_a_refused_chain_is_not_accepted(findings):
    assert [] == findings(capture="expired_tls12.pcap")


def test_a_chain_that_is_shown_over_another_carrier_is_looked_at_over_that(handshake, leaf):
    script = HELLOS + leaf(end_days=-1) + THROUGH
    stream, datagrams = handshake(script), handshake(script)
    datagrams.flow.transport = "udp"

    for shake, told in ((stream, False), (datagrams, True)):
        (finding,) = faulty_certificate_accepted(shake)

        assert told is (" -dtls " in str(finding.fix))

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    "capture, side",
    [
        ("refused_by_router.pcap", "network"),
        ("dtls_refused.pcap", "server"),
        ("quic_refused.pcap", "server"),
    ],
)
def test_a_refusal_by_icmp_is_found_and_who_sent_it_has_to_act(findings, capture, side):
    (finding,) = findings(capture=capture)

    assert ("transport.refused", side, (1, 2)) == (finding.cause, finding.side, finding.packets)


@pytest.mark.parametrize(
    "error, words",
    [
        ("icmp_port_unreachable", "a firewall there rejects the port"),
        ("icmp_admin_prohibited", "a rule there forbids this traffic"),
        ("icmp_host_unreachable", "no way to that host"),
        ("icmp_net_unreachable", "no way to that host"),
    ],
)
def test_the_error_tells_what_is_wrong_and_where(findings, error, words):
    (finding,) = findings(f"C syn\n S {error}\n +1 C syn\n S {error}", opened=False)

    assert ("transport.refused", "tcp_connect", "network") == (
        finding.cause,
        finding.step,
        finding.side,
    )
    assert words in str(finding.summary)
    assert "192.0.2.254" in str(finding.fix)


def test_a_packet_that_went_in_circles_was_not_refused(findings):
    (finding,) = findings("C syn\n S icmp_ttl_exceeded\n +3", opened=False)

    assert "transport.unanswered" == finding.cause
    assert "192.0.2.254" in str(finding.fix)


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("C syn\n S rst", id="a reset"),
        pytest.param("C syn\n +1 C syn\n +3", id="silence"),
        pytest.param("C syn\n S icmp_host_unreachable\n S rst", id="the host says no itself"),
        pytest.param(
            "C syn\n S icmp_host_unreachable\n C syn\n S syn_ack\n C client_hello\n S fin",
            id="it was reached after all",
        ),
    ],
)
def test_other_failures_are_not_told_by_icmp(findings, script):
    assert [] == findings(script, opened=False)

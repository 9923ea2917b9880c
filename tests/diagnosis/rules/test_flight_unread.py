from __future__ import annotations

import pytest


def test_nss_that_resets_behind_its_alert_had_not_read_the_flight(findings):
    (finding,) = findings(capture="flight_damaged_nss.pcap")

    assert ("integrity", "network", (6, 8, 9)) == (finding.cause, finding.side, finding.packets)


def test_nss_that_closes_behind_its_alert_had_read_it(findings):
    assert [] == findings(capture="unknown_ca_tls13_nss.pcap")


@pytest.mark.parametrize("capture", ["unknown_ca_tls13_go.pcap", "server_random_damaged_java.pcap"])
def test_other_stacks_tell_nothing_by_a_reset(findings, capture):
    assert [] == findings(capture=capture)

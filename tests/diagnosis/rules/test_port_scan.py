from __future__ import annotations

import pytest

import tlsparse
from tlsparse.diagnosis.judge import diagnose
from tlsparse.diagnosis.rules.port_scan import port_scan
from tlsparse.handshake.handshake import Scan

REFUSED = "C syn\n S rst"


@pytest.fixture
def seen(handshake):
    """Make a handshake that is a part of a scan."""

    def make(script, scan, *, opened=False):
        made = handshake(script, opened=opened)
        made.scan = scan
        return made

    return make


def test_a_scan_is_a_note_of_each_port_open_or_not(captures):
    capture = tlsparse.read(captures / "port_scan.pcap")

    for findings in capture.contents.findings.values():
        assert {"note"} == {finding.severity for finding in findings}
        assert "client.aborted" == findings[0].cause
        assert "192.0.2.10 came to 12 ports of 192.0.2.80" in str(findings[0].summary)


def test_the_evidence_is_the_request_and_what_came_of_it(seen):
    (finding,) = port_scan(seen(REFUSED, Scan(8, 0)))

    assert ((1, 2), "client") == (finding.packets, finding.side)


def test_of_a_scan_of_hosts_their_number_is_said(seen):
    (finding,) = port_scan(seen("C fin", Scan(1, 40), opened=True))

    assert "192.0.2.1 connected to 40 hosts" in str(finding.summary)


@pytest.mark.parametrize(
    ("script", "opened"),
    [
        pytest.param(REFUSED, False, id="refused"),
        pytest.param("C syn\n +1 C syn\n +2 C syn", False, id="unanswered"),
        pytest.param("S fin", True, id="closed by the server"),
        pytest.param("+60", True, id="open and idle"),
    ],
)
def test_what_would_be_a_failure_is_a_note_in_a_scan(seen, script, opened):
    alone, scanned = (diagnose(seen(script, scan, opened=opened)) for scan in (None, Scan(9, 0)))

    assert "failure" == alone[0].severity
    assert {"note"} == {finding.severity for finding in scanned}
    assert {alone[0].cause, "client.aborted"} <= {finding.cause for finding in scanned}


def test_a_port_that_is_refused_alone_is_no_scan(findings):
    assert [] == findings(REFUSED, opened=False)

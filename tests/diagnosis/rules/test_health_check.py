from __future__ import annotations

import tlsparse
from tlsparse.diagnosis.rules.health_check import health_check
from tlsparse.diagnosis.rules.left_after_finished import left_after_finished
from tlsparse.handshake.handshake import Rhythm


def test_a_client_that_looks_every_second_is_a_note_and_no_failure(captures):
    capture = tlsparse.read(captures / "health_check.pcap")

    for findings in capture.contents.findings.values():
        (finding,) = findings
        assert ("client.aborted", "note") == (finding.cause, finding.severity)
        assert "every 1.0 s" in str(finding.summary)
        assert "5 times" in str(finding.summary)


def test_a_handshake_that_is_completed_and_left_in_a_rhythm_is_no_refusal(handshake, tls13):
    left = handshake(tls13 + "C fin")
    assert 1 == len(list(left_after_finished(left)))
    left.rhythm = Rhythm(12, 5_000_000_000)

    (finding,) = health_check(left)

    assert "completes a handshake with 192.0.2.2:443 every 5.0 s" in str(finding.summary)
    assert [] == list(left_after_finished(left))


def test_without_a_rhythm_nothing_is_said(findings):
    assert [] == findings("C fin")

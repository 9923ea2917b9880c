from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    "capture, words",
    [
        ("starttls_refused.pcap", "SMTP"),
        ("starttls_refused_imap.pcap", "IMAP"),
        ("starttls_refused_postgresql.pcap", "PostgreSQL"),
    ],
)
def test_a_refusal_to_begin_tls_is_found(findings, capture, words):
    (finding,) = findings(capture=capture)

    assert ("protocol.starttls_refused", "server", "prelude") == (
        finding.cause,
        finding.side,
        finding.step,
    )
    assert words in str(finding.summary)
    assert finding.packets


@pytest.mark.parametrize(
    "capture", ["starttls_smtp.pcap", "proxy_refused.pcap", "silent_server.pcap"]
)
def test_who_begins_tls_or_was_never_asked_is_not_found(findings, capture):
    assert [] == findings(capture=capture)

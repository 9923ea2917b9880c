from __future__ import annotations

import pytest


@pytest.mark.parametrize("capture", ["proxy_refused.pcap", "socks_refused.pcap"])
def test_a_tunnel_that_was_refused_is_found(findings, capture):
    (finding,) = findings(capture=capture)

    assert ("protocol.proxy_refused", "prelude") == (finding.cause, finding.step)
    assert 2 == len(finding.packets)


@pytest.mark.parametrize(
    "capture", ["proxy_connect.pcap", "starttls_refused.pcap", "plain_http_client.pcap"]
)
def test_a_tunnel_that_was_opened_or_never_asked_for_is_not_found(findings, capture):
    assert [] == findings(capture=capture)

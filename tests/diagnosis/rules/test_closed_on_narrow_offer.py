"""A server that closes without an alert on a hello that offers little."""

from __future__ import annotations

import pytest


def test_a_single_version_may_be_one_that_the_server_lacks(findings):
    (finding,) = findings(capture="closed_on_narrow_offer.pcap")

    assert ("negotiation.version", "server", (4, 6)) == (
        finding.cause,
        finding.side,
        finding.packets,
    )
    assert "offers only TLS 1.3:" in str(finding.summary)
    assert finding.confidence < 0.5


@pytest.mark.parametrize("end", ["fin", "rst"])
def test_a_short_list_may_have_nothing_for_the_server(findings, hello, end):
    (finding,) = findings(f"C {hello(suites=(0xC02B,))}\n S {end}")

    assert "negotiation.cipher_suite" == finding.cause
    assert "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" in str(finding.summary)


@pytest.mark.parametrize(
    "offer, end",
    [
        pytest.param({}, "S fin", id="it offers plenty"),
        pytest.param({"suites": (0xC02B,)}, "C fin", id="the client leaves"),
        pytest.param({"suites": (0xC02B,)}, "S alert:fatal:handshake_failure", id="it says so"),
        pytest.param({"suites": (0xC02B,)}, "S server_hello\n S fin", id="it had chosen"),
    ],
)
def test_what_shows_something_else_is_not_spoken_of(findings, hello, offer, end):
    assert [] == findings(f"C {hello(**offer)}\n {end}")

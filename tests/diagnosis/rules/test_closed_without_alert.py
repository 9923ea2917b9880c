from __future__ import annotations

import pytest

FLIGHT = "S server_hello certificate server_key_exchange server_hello_done\n"


@pytest.mark.parametrize(
    "capture, cause",
    [
        ("client_aborts.pcap", "client.aborted"),
        ("closed_on_connect.pcap", "transport.closed_on_connect"),
        ("closed_after_client_hello.pcap", "transport.closed_on_connect"),
        ("reset_after_client_hello.pcap", "transport.reset"),
    ],
)
def test_a_close_in_the_middle_is_found(findings, capture, cause):
    (finding,) = findings(capture=capture)

    assert cause == finding.cause


@pytest.mark.parametrize("close, how", [("fin", "closed"), ("rst", "reset")])
def test_a_server_that_leaves_its_own_handshake_broke(findings, close, how):
    (finding,) = findings(f"C client_hello\n{FLIGHT} S {close}")

    assert ("server.internal_error", "server") == (finding.cause, finding.side)
    assert f"The server {how} the connection (packet 6)" in str(finding.summary)
    assert (4, 5, 6) == finding.packets


def test_a_reset_before_any_hello_is_no_answer_to_one(findings):
    (finding,) = findings("S rst")

    assert ("transport.closed_on_connect", "client_hello") == (finding.cause, finding.step)


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(
            "C client_hello \n S alert:fatal:handshake_failure fin", id="an alert came first"
        ),
        pytest.param("C client_hello \n +3 C fin", id="given up after a silence"),
        pytest.param("{tls12} C fin", id="after the handshake"),
        pytest.param("C client_hello \n S text:HTTP/1.1 fin", id="not TLS"),
        pytest.param("C client_hello", id="the capture ends"),
    ],
)
def test_other_endings_are_not_its_business(findings, tls12, script):
    assert [] == findings(script.replace("{tls12}", tls12))


def test_a_close_in_place_of_an_answer_to_starttls_is_found(findings):
    (finding,) = findings("S hex:2b4f4b0d0a\n C text:STLS\n S fin")  # +OK

    assert ("transport.closed_on_connect", "prelude") == (finding.cause, finding.step)
    assert "(packet 6) instead of answering the request for TLS" in str(finding.summary)
    assert (5, 6) == finding.packets


def test_a_close_after_a_refusal_is_the_refusals(findings):
    assert [] == findings("S hex:2b4f4b0d0a\n C text:STLS\n S hex:2d4552520d0a\n C fin")  # -ERR


def test_who_connects_and_leaves_is_a_probe(findings):
    """Nothing failed: a load balancer looked whether the server is up."""
    (finding,) = findings("C fin")

    assert ("note", "client.aborted") == (finding.severity, finding.cause)


def test_who_leaves_after_its_hello_is_no_probe(findings):
    (finding,) = findings("C client_hello\n S server_hello\n C fin")

    assert "failure" == finding.severity


def test_behind_a_proxy_it_may_be_the_proxy_that_closed(findings):
    asked, granted = b"CONNECT a.test:443 HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"
    (finding,) = findings(f"C hex:{asked.hex()}\n S hex:{granted.hex()}\n C client_hello\n S fin")

    assert "logs of a.test:443, of the proxy 192.0.2.2:443" in str(finding.fix)

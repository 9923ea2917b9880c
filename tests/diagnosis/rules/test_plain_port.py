"""TLS sent to the port of a protocol that begins in plain, whose server says nothing."""

from __future__ import annotations

import pytest

from tlsparse.diagnosis.rules.plain_port import SERVICES, plain_port


@pytest.fixture
def said(handshake):
    """What the rule says of a script on another port of the server."""

    def say(port: int, script: str):
        asked = handshake(script)
        server = 1 - asked.speech.client
        endpoints = list(asked.flow.endpoints)
        endpoints[server] = endpoints[server]._replace(port=port)
        asked.flow.endpoints = tuple(endpoints)
        return list(plain_port(asked))

    return say


@pytest.mark.parametrize("port", SERVICES)
@pytest.mark.parametrize("end, sure", [("S fin", 0.75), ("S rst", 0.75), ("+9", 0.5)])
def test_a_server_that_waits_for_other_words_closes_or_is_silent(said, port, end, sure):
    (finding,) = said(port, f"C client_hello\n {end}")

    assert ("protocol.server_not_tls", sure) == (finding.cause, finding.confidence)
    assert f"that of {SERVICES[port].name}," in str(finding.summary)


@pytest.mark.parametrize(
    "port, script",
    [
        pytest.param(443, "C client_hello\n S fin", id="TLS is usual there"),
        pytest.param(5432, "C client_hello\n C fin", id="the client leaves"),
        pytest.param(5432, "C client_hello\n S text:E\n S fin", id="it said something"),
        pytest.param(5432, "C client_hello\n S server_hello\n S fin", id="it knows TLS"),
    ],
)
def test_what_shows_something_else_is_not_spoken_of(said, port, script):
    assert [] == said(port, script)


def test_who_offers_the_protocol_in_its_hello_means_tls_at_once(said, hello):
    assert [] == said(5432, f"C {hello(alpn=('postgresql',))}\n S fin")

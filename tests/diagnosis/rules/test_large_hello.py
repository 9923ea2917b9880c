from __future__ import annotations

import pytest

from tlsparse.diagnosis.rules.large_hello import large_hello
from tlsparse.handshake.handshake import Precedent

SPLIT = "C hex:{first}\nC hex:{rest}\n"


@pytest.fixture
def split(scripts):
    """A ClientHello in two packets."""
    hello = scripts.record(22, scripts.client_hello())
    return SPLIT.format(first=hello[:60].hex(), rest=hello[60:].hex())


@pytest.fixture
def accepted(handshake, tls12):
    """What a server that accepted a hello of so many bytes is remembered for."""

    def make(length: int, client: str = "192.0.2.1") -> Precedent:
        other = handshake(tls12)
        asked, answer = other.first("client_hello"), other.first("server_hello")
        asked.length = length
        return Precedent(client, asked.body, answer.body, None, None, answer, asked)

    return make


def test_a_hello_in_several_packets_that_fails_is_found(findings):
    (finding,) = findings(capture="intolerant_of_large_hellos.pcap")

    assert ("negotiation.version.intolerance", "server") == (finding.cause, finding.side)
    assert "2064 bytes in 2 packets" in str(finding.summary)
    assert "with 308 bytes was accepted" in str(finding.summary)


@pytest.mark.parametrize("ending", ["S fin", "S rst", "S alert:fatal:decode_error", "S\n +5"])
def test_however_it_fails(handshake, split, accepted, ending):
    failed = handshake(split + ending)
    failed.precedents = (accepted(50),)

    assert 1 == len(list(large_hello(failed)))


def test_a_hello_that_did_not_arrive_whole_was_not_read(handshake, split, accepted):
    failed = handshake(split.rstrip("\n") + " blackholed\n+5")
    failed.precedents = (accepted(50),)

    assert [] == list(large_hello(failed))


@pytest.mark.parametrize(
    "length, client",
    [
        pytest.param(5000, "192.0.2.1", id="a larger one was accepted"),
        pytest.param(50, "192.0.2.77", id="the smaller one is another client's"),
    ],
)
def test_other_precedents_say_nothing(handshake, split, accepted, length, client):
    failed = handshake(split + "S fin")
    failed.precedents = (accepted(length, client),)

    assert [] == list(large_hello(failed))


def test_a_hello_in_one_packet_fails_for_another_reason(handshake, accepted):
    failed = handshake("C client_hello\nS fin")
    failed.precedents = (accepted(50),)

    assert [] == list(large_hello(failed))


def test_a_hello_too_large_for_a_packet_had_several_though_the_capture_has_one(
    handshake, hello, accepted
):
    failed = handshake(f"C {hello(padding=1500)}\n S fin")
    failed.precedents = (accepted(50),)

    assert 1 == len(list(large_hello(failed)))

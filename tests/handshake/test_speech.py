"""Who is the client, and where TLS begins."""

from __future__ import annotations

import time

import pytest

from tlsparse.flow.flow import Endpoint
from tlsparse.flow.streams import Segment, assemble
from tlsparse.handshake.speech import is_usual, listen


@pytest.mark.parametrize("swapped", [False, True], ids=["client is A", "client is B"])
def test_the_client_is_who_sent_the_client_hello(flow, swapped):
    speech = listen(flow("C client_hello\n S server_hello", swapped=swapped))

    assert (int(swapped), 0, 0) == (speech.client, speech.client_begin, speech.server_begin)
    assert speech.tls


def test_the_client_hello_counts_for_more_than_the_syn(flow):
    """As after FTP's PORT, where the server opens the connection."""
    speech = listen(flow("C syn\n S syn_ack\n S client_hello\n C server_hello", opened=False))

    assert 1 == speech.client


@pytest.mark.parametrize("swapped", [False, True], ids=["client is A", "client is B"])
def test_a_server_that_echoes_the_client_hello_is_no_client(flow, swapped):
    """An echo service is a server that does not speak TLS."""
    speech = listen(flow("C client_hello\n S client_hello", swapped=swapped))

    assert int(swapped) == speech.client


def test_tls_begins_after_what_was_said_before(flow):
    """A greeting of 11 bytes, a request of 10, an answer of 8."""
    speech = listen(flow("S text:220_ready\n C text:STARTTLS\n S text:220_go\n C client_hello\n S server_hello"))

    assert (0, 10, 19) == (speech.client, speech.client_begin, speech.server_begin)


def test_a_server_that_answers_in_another_tongue_has_no_beginning(flow):
    speech = listen(flow("C client_hello\n S text:HTTP/1.1"))

    assert speech.client_begin == 0
    assert speech.server_begin is None
    assert speech.tls


def test_where_nobody_speaks_tls_there_is_no_beginning(flow):
    speech = listen(flow("C text:GET\n S text:HTTP/1.1"))

    assert (None, None, False) == (speech.client_begin, speech.server_begin, speech.tls)


def test_the_answer_may_stand_before_the_question(flow):
    """Two network cards, two queues: the capture has the ServerHello first."""
    speech = listen(flow("S server_hello\n C client_hello"))

    assert (0, 0, 0) == (speech.client, speech.client_begin, speech.server_begin)


@pytest.mark.parametrize("swapped", [False, True], ids=["client is A", "client is B"])
def test_who_sent_a_server_hello_is_the_server(flow, swapped):
    speech = listen(flow("S server_hello\n C client_key_exchange", opened=False, swapped=swapped))

    assert int(swapped) == speech.client


def test_without_hellos_who_sent_the_syn_is_the_client(flow):
    assert 1 == listen(flow("C syn\n S syn_ack", opened=False, swapped=True)).client


@pytest.mark.parametrize("swapped", [False, True], ids=["client is A", "client is B"])
def test_in_the_middle_of_a_connection_the_usual_port_is_the_server(flow, swapped):
    assert int(swapped) == listen(flow("C data:100\n S data:200", opened=False, swapped=swapped)).client


@pytest.mark.parametrize("ports, client", [((50000, 51000), 1), ((51000, 50000), 0)])
def test_of_two_unusual_ports_the_higher_is_the_client(flow, ports, client):
    talk = flow("C data:100\n S data:200", opened=False)
    talk.endpoints = tuple(Endpoint(e.ip, port) for e, port in zip(talk.endpoints, ports, strict=True))

    assert client == listen(talk).client


def test_a_hello_in_the_form_of_ssl2_is_heard(flow):
    hello = "801c" + "01" + "0301" + "0003" + "0000" + "0010" + "000035" + "ab" * 16
    speech = listen(flow(f"C hex:{hello}\n S server_hello"))

    assert (0, 0, 0, True) == (speech.client, speech.client_begin, speech.server_begin, speech.ssl2)


def test_without_any_payload_nobody_speaks(flow):
    assert not listen(flow("")).tls


@pytest.mark.parametrize("port", [443, 465, 636, 853, 993, 995, 4443, 6443, 8443, 8883])
def test_tls_is_usual_on_the_ports_of_the_contract(port):
    assert is_usual(Endpoint("192.0.2.1", port))


@pytest.mark.parametrize("port", [22, 25, 80, 50000])
def test_tls_is_not_usual_elsewhere(port):
    assert not is_usual(Endpoint("192.0.2.1", port))


@pytest.mark.parametrize("hole", [0, 1], ids=["whole", "a hole before each segment"])
def test_a_long_stream_is_listened_to_in_linear_time(flow, hole):
    """A side may keep a megabyte in segments of a few bytes, none of which begins a record."""
    talk = flow("C text:GET")
    body = b"\x16\x03\x03\x40\x00" * 4
    step = len(body) + hole
    segments = [
        Segment(4 + i, talk.end_ns, 16, 1 + i * step, len(body), len(body), 0, body)
        for i in range(25_000)
    ]
    talk.streams = (talk.streams[0], assemble(segments, 0))
    begun = time.process_time()

    assert not listen(talk).tls
    assert 2 > time.process_time() - begun

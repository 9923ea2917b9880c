from __future__ import annotations

from tlsparse.handshake.bodies import Bodies
from tlsparse.handshake.event import Event
from tlsparse.tls.codes import HandshakeType

SERVER_HELLO = HandshakeType(2)
RETRY = """
    03 03                                             # legacy_version
    cf 21 ad 74 e5 9a 61 11 be 1d 8c 02 1e 65 b8 91
    c2 a2 11 16 7a bb 8c 5e 07 9e 09 e2 c8 a8 33 9c   # random of a HelloRetryRequest
    00  13 01  00                                     # session_id, cipher_suite, compression
    00 06  00 2b 00 02 03 04                          # supported_versions: TLS 1.3
"""


def test_server_hello_is_taken_up_and_a_retry_gets_its_name(wire):
    bodies, event = Bodies("server"), Event("message", "server_hello", "server", 1, 0)

    fault = bodies.read(event, SERVER_HELLO, wire(RETRY))

    assert (None, "hello_retry_request", True) == (fault, event.name, bodies.is_tls13)
    assert "TLS_AES_128_GCM_SHA256" == str(bodies.cipher_suite)


def test_fault_of_a_body_is_returned_and_nothing_is_chosen(wire):
    bodies, event = Bodies("server"), Event("message", "server_hello", "server", 1, 0)

    fault = bodies.read(event, SERVER_HELLO, wire(RETRY)[:-1])

    assert fault is not None
    assert (None, None, False) == (event.body, bodies.version, bodies.is_tls13)

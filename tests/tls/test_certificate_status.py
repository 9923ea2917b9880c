from __future__ import annotations

from tlsparse.tls.codes import HandshakeType
from tlsparse.tls.messages import Context, decode_message


def decode(data: bytes) -> object:
    return decode_message(HandshakeType.certificate_status, data, Context())


def test_ocsp_response_is_kept_as_it_is(wire, decodes_only_whole):
    body = wire("01  00 00 05  30 03 0a 01 00")

    assert (bytes.fromhex("30030a0100"),) == decode(body).responses
    assert "ocsp (5 bytes)" == str(decode(body))
    decodes_only_whole(decode, body)


def test_many_responses_may_have_gaps(wire, decodes_only_whole):
    """ocsp_multi has one for each certificate of the chain, empty where there is none."""
    body = wire("02  00 00 08  00 00 02 30 00  00 00 00")

    assert (b"\x30\x00", b"") == decode(body).responses
    assert "ocsp_multi (2 bytes, 0 bytes)" == str(decode(body))
    decodes_only_whole(decode, body)

from __future__ import annotations

import pytest

from tlsparse.tls import codes
from tlsparse.tls.codes import HandshakeType
from tlsparse.tls.messages import Context, decode_message


def decoder(name: str, version: int | None):
    return lambda data: decode_message(getattr(HandshakeType, name), data, Context(version))


CHAIN_12 = """
    00 00 0c                                  # certificate_list
    00 00 04 30 02 05 00                      # the server's own
    00 00 02 30 00                            # its issuer's
"""


def test_chain_of_tls_12_is_a_list(wire, decodes_only_whole):
    decode = decoder("certificate", codes.TLS_1_2)

    assert (b"\x30\x02\x05\x00", b"\x30\x00") == decode(wire(CHAIN_12)).certificates
    assert not decode(wire(CHAIN_12)).is_raw_public_key
    decodes_only_whole(decode, wire(CHAIN_12))


def test_a_client_without_a_certificate_sends_an_empty_chain():
    assert () == decoder("certificate", codes.TLS_1_2)(bytes(3)).certificates
    assert () == decoder("certificate", codes.TLS_1_3)(bytes(4)).certificates


CHAIN_13 = """
    01 c7                                     # certificate_request_context
    00 00 14                                  # certificate_list
    00 00 02 30 00                            # cert_data
    00 08  00 05 00 04 01 00 00 00            # extensions: status_request, an empty response
    00 00 00                                  # cert_data: empty, which nobody sends
    00 00                                     # no extensions
"""


def test_certificates_of_tls_13_have_extensions(wire, decodes_only_whole):
    decode = decoder("certificate", codes.TLS_1_3)
    message = decode(wire(CHAIN_13))

    assert b"\xc7" == message.request_context
    assert (b"\x30\x00", b"") == message.certificates
    assert "ocsp (0 bytes)" == str(message.entries[0].extension(5))
    decodes_only_whole(decode, wire(CHAIN_13))


def test_a_bare_key_is_told_from_a_chain(wire, decodes_only_whole):
    """RFC 7250: the length is followed by a SubjectPublicKeyInfo itself, not by a list."""
    body = wire("00 00 06  30 04 30 00 03 00")
    decode = decoder("certificate", codes.TLS_1_2)

    assert decode(body).is_raw_public_key
    assert (bytes.fromhex("300430000300"),) == decode(body).certificates
    decodes_only_whole(decode, body)


REQUEST_10 = """
    02 01 40                                  # certificate_types: rsa_sign, ecdsa_sign
    00 12                                     # certificate_authorities
    00 10 30 0e 31 0c 30 0a 06 03 55 04 03 0c 03 52 6f 74   # CN=Rot
"""


def test_request_names_kinds_of_keys_and_issuers(wire, decodes_only_whole):
    decode = decoder("certificate_request", codes.TLS_1_0)
    request = decode(wire(REQUEST_10))

    assert ["rsa_sign", "ecdsa_sign"] == list(map(str, request.certificate_types))
    assert ("CN=Rot",) == request.authorities
    assert () == request.signature_schemes
    decodes_only_whole(decode, wire(REQUEST_10))


def test_request_of_tls_12_names_signatures_too(wire, decodes_only_whole):
    body = wire("01 01  00 04 04 01 04 03  00 00")
    decode = decoder("certificate_request", codes.TLS_1_2)

    assert (0x0401, 0x0403) == decode(body).signature_schemes
    assert () == decode(body).authorities
    decodes_only_whole(decode, body)


def test_request_of_tls_13_has_it_all_in_extensions(wire, decodes_only_whole):
    body = wire("""
        00                                    # certificate_request_context
        00 10
        00 0d 00 04 00 02 08 04               # signature_algorithms
        00 2f 00 04 00 02 00 00               # certificate_authorities: one of no bytes
    """)
    decode = decoder("certificate_request", codes.TLS_1_3)

    assert (0x0804,) == decode(body).signature_schemes
    assert ("#",) == decode(body).authorities
    decodes_only_whole(decode, body)


@pytest.mark.parametrize(
    "version, body, algorithm",
    [
        (codes.TLS_1_1, "00 02 5a 5a", None),
        (codes.TLS_1_2, "04 01 00 02 5a 5a", "rsa_pkcs1_sha256"),
        (codes.TLS_1_3, "08 07 00 02 5a 5a", "ed25519"),
    ],
)
def test_verify_says_how_it_signs_since_tls_12(version, body, algorithm, decodes_only_whole):
    decode = decoder("certificate_verify", version)
    message = decode(bytes.fromhex(body))

    assert b"\x5a\x5a" == message.signature
    assert algorithm == (message.algorithm and str(message.algorithm))
    decodes_only_whole(decode, bytes.fromhex(body))


def test_certificates_may_be_somewhere_else(wire, decodes_only_whole):
    body = wire("01  00 19  00 02 75 3a  01" + "ab" * 20)
    decode = decoder("certificate_url", codes.TLS_1_2)

    assert (("u:", "ab" * 20),) == decode(body).urls
    assert "pkipath" == str(decode(body).chain_type)
    decodes_only_whole(decode, body)

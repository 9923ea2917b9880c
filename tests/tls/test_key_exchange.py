from __future__ import annotations

import pytest

from tlsparse.errors import DecodeError
from tlsparse.tls import codes
from tlsparse.tls.codes import CipherSuite, HandshakeType, NamedGroup
from tlsparse.tls.key_exchange import key_exchange_name
from tlsparse.tls.messages import Context, decode_message


def server(suite: str | int, version=codes.TLS_1_2):
    code = CipherSuite(suite) if isinstance(suite, int) else getattr(CipherSuite, suite)
    context = Context(version, code)
    return lambda data: decode_message(HandshakeType.server_key_exchange, data, context)


def client(suite: str | int, version=codes.TLS_1_2):
    code = CipherSuite(suite) if isinstance(suite, int) else getattr(CipherSuite, suite)
    context = Context(version, code)
    return lambda data: decode_message(HandshakeType.client_key_exchange, data, context)


@pytest.mark.parametrize(
    "suite, name",
    [
        (0xC02F, "ECDHE_RSA"),
        (0x0034, "DH_anon"),
        (0x0003, "RSA_EXPORT"),
        (0xC01D, "SRP_SHA"),
        (0xC0AA, "PSK_DHE"),
        (0x1301, ""),
        (0x1399, ""),
        (0x2A2A, ""),
    ],
)
def test_the_suite_names_the_key_exchange(suite, name):
    assert name == key_exchange_name(CipherSuite(suite))


def test_there_is_no_key_exchange_without_a_suite():
    assert "" == key_exchange_name(None)


ECDHE = """
    03 00 1d                                  # named_curve: x25519
    02 aa bb                                  # public
    08 04  00 02 5a 5a                        # rsa_pss_rsae_sha256, signature
"""


def test_ecdhe_names_its_curve_and_its_signature(wire, decodes_only_whole):
    decode = server("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")
    message = decode(wire(ECDHE))

    assert NamedGroup.x25519 == message.group
    assert b"\xaa\xbb" == message.params.public
    assert "rsa_pss_rsae_sha256" == str(message.signature_scheme)
    assert b"\x5a\x5a" == message.signature
    assert "x25519" == str(message.params)
    assert message.dh_bits is None
    decodes_only_whole(decode, wire(ECDHE))


def test_before_tls_12_a_signature_does_not_say_how_it_is_made(wire, decodes_only_whole):
    body = wire(ECDHE.replace("08 04 ", ""))
    decode = server("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", codes.TLS_1_0)

    assert decode(body).signature_scheme is None
    assert b"\x5a\x5a" == decode(body).signature
    decodes_only_whole(decode, body)


def test_a_curve_may_be_written_out(wire, decodes_only_whole):
    body = wire("""
        01                                    # explicit_prime
        01 17  01 01  01 02  02 04 05  01 13  01 01   # p, a, b, base, order, cofactor
        01 aa                                 # public
        04 03  00 01 5a
    """)
    decode = server("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256")

    assert decode(body).group is None
    assert "explicit_prime" == str(decode(body).params)
    decodes_only_whole(decode, body)


def test_a_curve_of_unknown_form_is_an_error():
    with pytest.raises(DecodeError, match="curve of type unknown_0x07"):
        server("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")(bytes.fromhex("07001d01aa"))


DHE = """
    00 02 00 ff                               # dh_p: with a zero in front
    00 01 02                                  # dh_g
    00 01 aa                                  # dh_Ys
"""


def test_dhe_tells_the_size_of_its_prime_in_bits(wire, decodes_only_whole):
    body = wire(DHE + "04 01  00 01 5a")
    decode = server("TLS_DHE_RSA_WITH_AES_128_GCM_SHA256")

    assert 8 == decode(body).dh_bits
    assert "DH 8 bits" == str(decode(body).params)
    assert "rsa_pkcs1_sha256" == str(decode(body).signature_scheme)
    decodes_only_whole(decode, body)


def test_an_anonymous_server_signs_nothing(wire, decodes_only_whole):
    decode = server("TLS_DH_anon_WITH_AES_128_CBC_SHA")

    assert b"" == decode(wire(DHE)).signature
    decodes_only_whole(decode, wire(DHE))


def test_an_export_suite_sends_a_small_rsa_key(wire, decodes_only_whole):
    body = wire("00 02 80 01  00 01 03  00 01 5a")
    decode = server("TLS_RSA_EXPORT_WITH_RC4_40_MD5", codes.SSL_3_0)

    assert 16 == decode(body).params.bits
    assert "RSA 16 bits" == str(decode(body).params)
    decodes_only_whole(decode, body)


def test_srp_sends_group_salt_and_value(wire, decodes_only_whole):
    body = wire("00 01 17  00 01 05  02 5a 17  00 01 09")
    decode = server("TLS_SRP_SHA_WITH_AES_128_CBC_SHA")

    assert b"\x5a\x17" == decode(body).params.srp_s
    assert "SRP 5 bits" == str(decode(body).params)
    decodes_only_whole(decode, body)


@pytest.mark.parametrize(
    "suite, rest",
    [
        ("TLS_PSK_WITH_AES_128_CBC_SHA", ""),
        ("TLS_DHE_PSK_WITH_AES_128_CBC_SHA", DHE),
        ("TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA", "03 00 17 01 aa"),
        ("TLS_RSA_PSK_WITH_AES_128_CBC_SHA", ""),
    ],
)
def test_a_shared_key_may_come_with_a_hint(suite, rest, wire, decodes_only_whole):
    body = wire("00 02 68 69\n" + rest)

    assert b"hi" == server(suite)(body).psk_identity_hint
    decodes_only_whole(server(suite), body)


@pytest.mark.parametrize("suite", [0x1399, 0xC100, 0x2A2A])
def test_what_the_suite_does_not_explain_stays_raw(suite):
    assert b"\xab\xcd" == server(suite)(b"\xab\xcd").raw
    assert b"\xab\xcd" == client(suite)(b"\xab\xcd").raw


@pytest.mark.parametrize(
    "suite, body, field, value",
    [
        ("TLS_RSA_WITH_AES_128_CBC_SHA", "00 02 ee ee", "encrypted", b"\xee\xee"),
        ("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "02 aa bb", "public", b"\xaa\xbb"),
        ("TLS_DHE_RSA_WITH_AES_128_CBC_SHA", "00 02 aa bb", "public", b"\xaa\xbb"),
        ("TLS_SRP_SHA_WITH_AES_128_CBC_SHA", "00 01 aa", "public", b"\xaa"),
        ("TLS_PSK_WITH_AES_128_CBC_SHA", "00 03 62 6f 62", "psk_identity", b"bob"),
        ("TLS_DHE_PSK_WITH_AES_128_CBC_SHA", "00 01 62 00 01 aa", "public", b"\xaa"),
        ("TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA", "00 01 62 01 aa", "public", b"\xaa"),
        ("TLS_RSA_PSK_WITH_AES_128_CBC_SHA", "00 01 62 00 01 ee", "encrypted", b"\xee"),
    ],
)
def test_the_client_sends_what_the_key_exchange_needs(
    suite, body, field, value, decodes_only_whole
):
    assert value == getattr(client(suite)(bytes.fromhex(body)), field)
    decodes_only_whole(client(suite), bytes.fromhex(body))


def test_ssl_3_sends_the_secret_without_its_length():
    message = client("TLS_RSA_WITH_AES_128_CBC_SHA", codes.SSL_3_0)(b"\xee\xee")

    assert b"\xee\xee" == message.encrypted


def test_a_client_with_a_fixed_key_sends_nothing():
    """Its public value is in its certificate: RFC 5246 section 7.4.7.2, implicit."""
    assert b"" == client("TLS_DH_RSA_WITH_AES_128_CBC_SHA")(b"").public

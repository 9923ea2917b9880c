from __future__ import annotations

import pytest

from tlsparse.errors import DecodeError
from tlsparse.tls import codes
from tlsparse.tls.codes import HandshakeType, NamedGroup
from tlsparse.tls.hello import ClientHello, ServerHello, decode_ssl2_client_hello
from tlsparse.tls.messages import Context, decode_message, message_name

CLIENT_HELLO = """
    03 03                                     # legacy_version: TLS 1.2
    60 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f
    10 11 12 13 14 15 16 17 18 19 1a 1b 1c 1d 1e 1f   # random
    02 be ef                                  # legacy_session_id
    00 06  13 01  2a 2a  13 99                # cipher_suites: known, GREASE, unassigned
    01 00                                     # compression_methods: null
"""
CLIENT_HELLO_EXTENSIONS = """
    00 6c                                     # extensions
    1a 1a 00 00                               # GREASE, empty
    00 00 00 0e  00 0c 00 00 09 61 2e 65 78 61 6d 70 6c 65   # server_name: a.example
    00 10 00 0b  00 09 02 68 32 05 68 33 2d 32 39            # ALPN: h2, h3-29
    00 2b 00 07  06 7a 7a 03 04 7f 17         # supported_versions: GREASE, TLS 1.3, draft 23
    00 0a 00 06  00 04 00 1d 00 17            # supported_groups: x25519, secp256r1
    00 0d 00 06  00 04 04 03 08 04            # signature_algorithms
    00 33 00 07  00 05 00 1d 00 01 aa         # key_share: x25519, one byte
    00 2a 00 00                               # early_data
    00 23 00 02  ca fe                        # session_ticket
    00 29 00 0f  00 08 00 02 ab cd 00 00 00 07   # pre_shared_key: one identity, age 7
                 00 03 02 ee ee                  # its binder
"""


def hello_of(body: bytes, **known: object) -> ClientHello:
    message = decode_message(HandshakeType.client_hello, body, Context(**known))
    assert isinstance(message, ClientHello)
    return message


@pytest.fixture
def client_hello(wire):
    return wire(CLIENT_HELLO + CLIENT_HELLO_EXTENSIONS)


def test_client_hello_keeps_every_offered_suite(wire):
    """A value missing from the registry is data, not an error."""
    hello = hello_of(wire(CLIENT_HELLO))

    assert ["TLS_AES_128_GCM_SHA256", "grease_0x2a2a", "unknown_0x1399"] == [
        str(suite) for suite in hello.cipher_suites
    ]


def test_client_hello_without_extensions_has_none(wire):
    hello = hello_of(wire(CLIENT_HELLO))

    assert () == hello.extensions == hello.alpn == hello.groups == hello.key_share_groups
    assert () == hello.supported_versions == hello.signature_schemes == hello.psk_identities
    assert (codes.TLS_1_2,) == hello.versions
    assert hello.server_name is None
    assert hello.session_ticket is None
    assert not hello.early_data


def test_client_hello_says_what_it_offers(client_hello):
    hello = hello_of(client_hello)

    assert b"\xbe\xef" == hello.session_id
    assert "a.example" == hello.server_name
    assert ("h2", "h3-29") == hello.alpn
    assert ["grease_0x7a7a", "TLS 1.3", "TLS 1.3 (draft 23)"] == list(map(str, hello.versions))
    assert (NamedGroup.x25519, NamedGroup.secp256r1) == hello.groups
    assert (0x0403, 0x0804) == hello.signature_schemes
    assert (NamedGroup.x25519,) == hello.key_share_groups
    assert (b"\xab\xcd",) == hello.psk_identities
    assert b"\xca\xfe" == hello.session_ticket
    assert hello.early_data
    assert 0x60010203 == hello.gmt_unix_time


def test_extensions_keep_their_order_and_their_bytes(client_hello):
    hello = hello_of(client_hello)

    assert [0x1A1A, 0, 16, 43, 10, 13, 51, 42, 35, 41] == [e.type for e in hello.extensions]
    assert b"\xca\xfe" == hello.extension(35).data
    assert hello.extension(99) is None


def test_a_client_hello_decodes_only_whole(client_hello, wire, decodes_only_whole):
    """Cut before its extensions it is whole again: that is how a client without any says so."""
    decodes_only_whole(hello_of, client_hello, also=[len(wire(CLIENT_HELLO))])


def test_an_extension_sent_twice_is_kept_twice_and_the_first_counts(wire):
    hello = hello_of(wire(CLIENT_HELLO + "00 0c  00 23 00 01 aa  00 23 00 03 bb bb bb"))

    assert [b"\xaa", b"\xbb\xbb\xbb"] == [e.data for e in hello.extensions]
    assert b"\xaa" == hello.session_ticket


def test_an_extension_that_makes_no_sense_does_not_cost_the_hello(wire):
    hello = hello_of(wire(CLIENT_HELLO + "00 0b  00 0a 00 03 00 04 00  00 2a 00 00"))
    broken = hello.extension(10)

    assert "supported_groups.list: needs 4 bytes, has 1 at byte 2" == broken.error
    assert bytes.fromhex("000400") == broken.data
    assert broken.value is None
    assert () == hello.groups
    assert hello.early_data


def test_a_host_name_of_any_bytes_is_kept_as_safe_text(wire):
    hello = hello_of(wire(CLIENT_HELLO + "00 0d  00 00 00 09  00 07 00 00 04 61 ff 0a 00"))

    assert r"a\xff\x0a\x00" == hello.server_name


def test_half_a_cipher_suite_is_an_error(wire):
    body = wire(CLIENT_HELLO.replace("00 06  13 01  2a 2a  13 99", "00 05  13 01  2a 2a  13"))

    with pytest.raises(DecodeError, match=r"client_hello\.cipher_suites: is 5 bytes long"):
        hello_of(body)


DTLS_CLIENT_HELLO = """
    fe fd                                     # client_version: DTLS 1.2
    00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f
    10 11 12 13 14 15 16 17 18 19 1a 1b 1c 1d 1e 1f   # random
    00                                        # session_id: empty
    02 c0 0c                                  # cookie
    00 02 c0 2b                               # cipher_suites
    01 00                                     # compression_methods
"""


def test_a_datagram_hello_has_a_cookie(wire, decodes_only_whole):
    hello = hello_of(wire(DTLS_CLIENT_HELLO))

    assert b"\xc0\x0c" == hello.cookie
    assert (0xC02B,) == hello.cipher_suites
    assert (codes.DTLS_1_2,) == hello.versions
    decodes_only_whole(hello_of, wire(DTLS_CLIENT_HELLO))


def test_the_carrier_may_tell_that_there_is_a_cookie(wire):
    """A client may write any version into a datagram."""
    body = wire(DTLS_CLIENT_HELLO.replace("fe fd ", "03 99 "))

    assert b"\xc0\x0c" == hello_of(body, version=codes.DTLS_1_2).cookie


SSL2_CLIENT_HELLO = """
    01                                        # msg_type: client_hello
    03 01                                     # version: TLS 1.0
    00 09  00 00  00 10                       # lengths of specs, session id, challenge
    01 00 80  00 00 04  00 00 0a              # cipher_specs: one of SSL 2.0, two of TLS
    00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f   # challenge
"""


def test_a_hello_in_the_form_of_ssl_2_is_a_client_hello(wire):
    hello = decode_ssl2_client_hello(wire(SSL2_CLIENT_HELLO))

    assert codes.TLS_1_0 == hello.legacy_version
    assert ["TLS_RSA_WITH_RC4_128_MD5", "TLS_RSA_WITH_3DES_EDE_CBC_SHA"] == list(
        map(str, hello.cipher_suites)
    )
    assert ["SSL_CK_RC4_128_WITH_MD5"] == [str(s) for s in hello.cipher_specs if s > 0xFFFF]
    assert bytes(16) + bytes(range(16)) == hello.random
    assert () == hello.extensions


def test_a_long_challenge_gives_its_last_bytes_as_random(wire):
    body = wire("01  00 02  00 03  00 00  00 22  01 00 80") + bytes(range(34))

    assert bytes(range(2, 34)) == decode_ssl2_client_hello(body).random


def test_another_message_of_ssl_2_is_no_hello(wire):
    with pytest.raises(DecodeError, match="is a message of another type"):
        decode_ssl2_client_hello(wire(SSL2_CLIENT_HELLO.replace("01  ", "04  ", 1)))


def test_a_hello_in_the_form_of_ssl_2_decodes_only_whole(wire, decodes_only_whole):
    decodes_only_whole(decode_ssl2_client_hello, wire(SSL2_CLIENT_HELLO))


SERVER_HELLO = """
    03 03                                     # legacy_version
    00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f
    10 11 12 13 14 15 16 17 18 19 1a 1b 1c 1d 1e 1f   # random
    01 77                                     # legacy_session_id_echo
    13 02                                     # cipher_suite
    00                                        # legacy_compression_method
"""
SERVER_HELLO_EXTENSIONS = """
    00 15                                     # extensions
    00 2b 00 02 03 04                         # supported_versions: TLS 1.3
    00 33 00 05 00 1d 00 01 bb                # key_share: x25519
    00 29 00 02 00 01                         # pre_shared_key: the second identity
"""
RETRY_RANDOM = """
    cf 21 ad 74 e5 9a 61 11 be 1d 8c 02 1e 65 b8 91
    c2 a2 11 16 7a bb 8c 5e 07 9e 09 e2 c8 a8 33 9c
"""


def server_hello_of(body: bytes, kind: int = 2) -> ServerHello:
    message = decode_message(HandshakeType(kind), body, Context())
    assert isinstance(message, ServerHello)
    return message


def test_server_hello_of_tls_13_says_its_version_in_an_extension(wire):
    hello = server_hello_of(wire(SERVER_HELLO + SERVER_HELLO_EXTENSIONS))

    assert codes.TLS_1_2 == hello.legacy_version
    assert codes.TLS_1_3 == hello.version
    assert "TLS_AES_256_GCM_SHA384" == str(hello.cipher_suite)
    assert NamedGroup.x25519 == hello.group
    assert 1 == hello.psk_selected
    assert b"\x77" == hello.session_id
    assert not hello.is_hello_retry_request
    assert "server_hello" == message_name(HandshakeType(2), hello)


def test_server_hello_of_tls_12_says_its_version_in_the_field(wire):
    hello = server_hello_of(wire(SERVER_HELLO + "00 09  00 10 00 05 00 03 02 68 32"))

    assert codes.TLS_1_2 == hello.version
    assert hello.group is None
    assert hello.psk_selected is None
    assert "h2" == hello.alpn


def test_server_hello_decodes_only_whole(wire, decodes_only_whole):
    body = wire(SERVER_HELLO + SERVER_HELLO_EXTENSIONS)

    decodes_only_whole(server_hello_of, body, also=[len(wire(SERVER_HELLO))])


def test_a_server_hello_with_the_special_random_asks_again(wire):
    body = wire(f"""
        03 03 {RETRY_RANDOM}
        00  13 01  00
        00 0c
        00 2b 00 02 03 04                     # supported_versions
        00 33 00 02 00 17                     # key_share: send a key for secp256r1
    """)
    hello = server_hello_of(body)

    assert hello.is_hello_retry_request
    assert "hello_retry_request" == message_name(HandshakeType(2), hello)
    assert NamedGroup.secp256r1 == hello.group
    assert codes.TLS_1_3 == hello.version


def test_server_hello_of_a_draft_has_no_session_id(wire, decodes_only_whole):
    """Drafts 16 to 21 of TLS 1.3: version, random, suite, extensions; key_share was number 40."""
    body = wire("""
        7f 12                                 # draft 18
        00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f
        10 11 12 13 14 15 16 17 18 19 1a 1b 1c 1d 1e 1f
        13 01
        00 09
        00 28 00 05 00 17 00 01 cc
    """)
    hello = server_hello_of(body)

    assert "TLS 1.3 (draft 18)" == str(hello.version)
    assert NamedGroup.secp256r1 == hello.group
    assert hello.compression_method is None
    decodes_only_whole(server_hello_of, body, also=[36])


@pytest.mark.parametrize(
    "body, suite",
    [
        ("7f 12  00 06  00 28 00 02 00 17", None),  # draft 18: version, extensions
        ("7f 13  13 01  00 06  00 28 00 02 00 17", 0x1301),  # draft 19: with the suite
    ],
)
def test_a_retry_request_of_a_draft_is_a_message_of_its_own(body, suite, wire, decodes_only_whole):
    hello = server_hello_of(wire(body), kind=6)

    assert hello.is_hello_retry_request
    assert "hello_retry_request" == message_name(HandshakeType(6), hello)
    assert suite == hello.cipher_suite
    assert NamedGroup.secp256r1 == hello.group
    decodes_only_whole(lambda data: server_hello_of(data, kind=6), wire(body))


@pytest.mark.parametrize(
    "version, end, sentinel",
    [
        ("03 03", "44 4f 57 4e 47 52 44 01", codes.TLS_1_2),
        ("03 02", "44 4f 57 4e 47 52 44 00", codes.TLS_1_1),
        ("fe fd", "44 4f 57 4e 47 52 44 01", codes.DTLS_1_2),
        ("03 03", "44 4f 57 4e 47 52 44 02", None),
    ],
)
def test_the_end_of_the_random_tells_a_downgrade(version, end, sentinel, wire):
    body = wire(version + "00" * 24 + end + "00 00 2f 00")

    assert sentinel == server_hello_of(body).downgrade_sentinel


def test_hello_verify_request_has_a_cookie(wire, decodes_only_whole):
    body = wire("fe ff  03 01 02 03")

    def decode(data: bytes) -> object:
        return decode_message(HandshakeType.hello_verify_request, data, Context())

    assert b"\x01\x02\x03" == decode(body).cookie
    assert codes.DTLS_1_0 == decode(body).server_version
    decodes_only_whole(decode, body)


def test_hello_request_is_empty(decodes_only_whole):
    decodes_only_whole(lambda data: decode_message(HandshakeType(0), data, Context()), b"")


def test_encrypted_extensions_tell_the_protocol(wire, decodes_only_whole):
    body = wire("""
        00 0d
        00 10 00 05 00 03 02 68 32            # ALPN: h2
        00 2a 00 00                           # early_data: taken
    """)

    def decode(data: bytes) -> object:
        return decode_message(HandshakeType.encrypted_extensions, data, Context(codes.TLS_1_3))

    assert "h2" == decode(body).alpn
    assert decode(body).early_data
    decodes_only_whole(decode, body)

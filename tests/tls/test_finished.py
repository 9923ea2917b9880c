from __future__ import annotations

import pytest

from tlsparse.errors import DecodeError
from tlsparse.tls import codes
from tlsparse.tls.codes import CipherSuite, HandshakeType
from tlsparse.tls.messages import Context, decode_message


@pytest.mark.parametrize(
    "version, suite, length",
    [
        (codes.SSL_3_0, 0x002F, 36),
        (codes.TLS_1_0, 0x002F, 12),
        (codes.TLS_1_2, 0xC030, 12),
        (codes.TLS_1_2, 0xC100, 32),  # TLS_GOSTR341112_256_WITH_KUZNYECHIK_CTR_OMAC
        (codes.TLS_1_3, 0x1301, 32),
        (codes.TLS_1_3, 0x1302, 48),
        (codes.TLS_1_3, 0x1306, 64),  # TLS_AEGIS_256_SHA512
        (codes.TLS_1_3, 0x00C6, 32),  # TLS_SM4_GCM_SM3
    ],
)
def test_finished_has_the_length_of_its_version_and_hash(
    version, suite, length, decodes_only_whole
):
    context = Context(version, CipherSuite(suite))

    def decode(data: bytes) -> object:
        return decode_message(HandshakeType.finished, data, context)

    assert bytes(length) == decode(bytes(length)).verify_data
    decodes_only_whole(decode, bytes(length))


def test_finished_has_any_length_if_nothing_is_known():
    assert bytes(7) == decode_message(HandshakeType.finished, bytes(7), Context()).verify_data


@pytest.mark.parametrize("name", ["server_hello_done", "end_of_early_data", "hello_request"])
def test_some_messages_are_empty(name):
    kind = getattr(HandshakeType, name)

    decode_message(kind, b"", Context())
    with pytest.raises(DecodeError, match=f"{name}: has 1 bytes left over"):
        decode_message(kind, b"\x00", Context())


@pytest.mark.parametrize("body, text", [("00", "update_not_requested"), ("01", "update_requested")])
def test_key_update_may_ask_for_another(body, text, decodes_only_whole):
    def decode(data: bytes) -> object:
        return decode_message(HandshakeType.key_update, data, Context(codes.TLS_1_3))

    assert text == str(decode(bytes.fromhex(body)).request_update)
    decodes_only_whole(decode, bytes.fromhex(body))


def test_connection_ids_can_be_asked_for_and_given(wire, decodes_only_whole):
    def decode_request(data: bytes) -> object:
        return decode_message(HandshakeType.request_connection_id, data, Context(codes.DTLS_1_3))

    def decode_new(data: bytes) -> object:
        return decode_message(HandshakeType.new_connection_id, data, Context(codes.DTLS_1_3))

    new = wire("00 05  01 aa  02 bb cc  01")  # two ids; cid_spare

    assert 3 == decode_request(b"\x03").num_cids
    assert ((b"\xaa", b"\xbb\xcc"), "cid_spare") == (
        decode_new(new).cids,
        str(decode_new(new).usage),
    )
    decodes_only_whole(decode_request, b"\x03")
    decodes_only_whole(decode_new, new)

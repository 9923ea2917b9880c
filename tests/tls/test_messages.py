from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsparse.errors import DecodeError
from tlsparse.tls.codes import CipherSuite, HandshakeType, ProtocolVersion
from tlsparse.tls.messages import (
    Context,
    SupplementalData,
    UnknownMessage,
    decode_message,
    message_name,
)


@pytest.mark.parametrize("value", [7, 26, 67, 203, 254, 255])
def test_a_type_that_is_not_read_keeps_its_body(value):
    message = decode_message(HandshakeType(value), b"\xab\xcd", Context())

    assert UnknownMessage(HandshakeType(value), b"\xab\xcd") == message


@pytest.mark.parametrize(
    "value, name",
    [
        (0, "hello_request"),
        (1, "client_hello"),
        (2, "server_hello"),
        (4, "new_session_ticket"),
        (5, "end_of_early_data"),
        (8, "encrypted_extensions"),
        (11, "certificate"),
        (12, "server_key_exchange"),
        (13, "certificate_request"),
        (14, "server_hello_done"),
        (15, "certificate_verify"),
        (16, "client_key_exchange"),
        (20, "finished"),
        (22, "certificate_status"),
        (24, "key_update"),
        (25, "compressed_certificate"),
        (99, "unknown_0x63"),
    ],
)
def test_messages_have_the_names_of_iana(value, name):
    assert name == message_name(HandshakeType(value))


def test_supplemental_data_keeps_its_entries(wire, decodes_only_whole):
    body = wire("00 00 06  40 02 00 02 aa bb")

    def decode(data: bytes) -> object:
        return decode_message(HandshakeType.supplemental_data, data, Context())

    assert SupplementalData(((16386, b"\xaa\xbb"),)) == decode(body)
    assert "authz_data" == str(decode(body).entries[0][0])
    decodes_only_whole(decode, body)


CONTEXTS = st.builds(
    Context,
    st.sampled_from([None, *map(ProtocolVersion, (0x300, 0x301, 0x303, 0x304, 0xFEFD, 0x7F12))]),
    st.sampled_from([None, *map(CipherSuite, (0x2F, 0xC02F, 0x9E, 0xC01D, 0xAE, 0x1301, 0x03))]),
)


@given(st.integers(0, 255), st.binary(max_size=200), CONTEXTS)
def test_any_bytes_give_a_message_or_a_decode_error(kind, body, context):
    try:
        message = decode_message(HandshakeType(kind), body, context)
    except DecodeError as error:
        assert 0 <= error.offset <= len(body)
    else:
        assert repr(message)

"""SSL 2.0: its records, and the messages that can be read."""

from __future__ import annotations

import pytest

from tlsparse.errors import DecodeError
from tlsparse.tls.codes import SSL_2_0, CipherSuite
from tlsparse.tls.records import Unreadable
from tlsparse.tls.ssl2 import (
    Ssl2Record,
    decode_client_master_key,
    decode_ssl2_error,
    decode_ssl2_server_hello,
    is_ssl2_answer,
    read_ssl2_records,
)

CONNECTION_ID = "c0 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f"

SERVER_HELLO = f"""
    04                                  # SERVER-HELLO
    00                                  # session_id_hit: no
    01                                  # certificate_type: X.509
    00 02                               # server_version: SSL 2.0
    00 03  00 06  00 10                 # lengths of certificate, cipher_specs, connection_id
    30 01 00                            # certificate: DER
    07 00 c0  01 00 80                  # cipher_specs: 3DES, RC4
    {CONNECTION_ID}                     # connection_id
"""

SERVER_HELLO_HIT = f"""
    04                                  # SERVER-HELLO
    01                                  # session_id_hit: yes, so that there is
    00                                  # certificate_type: none
    00 02                               # server_version: SSL 2.0
    00 00  00 00  00 10                 # lengths of certificate, cipher_specs, connection_id
    {CONNECTION_ID}                     # connection_id
"""

CLIENT_MASTER_KEY = """
    02                                  # CLIENT-MASTER-KEY
    04 00 80                            # cipher_kind: RC2 of export strength
    00 0b  00 04  00 08                 # lengths of clear_key, encrypted_key, key_arg
    0c 01 02 03 04 05 06 07 08 09 0a    # clear_key: 88 of 128 bits
    e0 e1 e2 e3                         # encrypted_key
    a0 a1 a2 a3 a4 a5 a6 a7             # key_arg: the IV
"""

ERROR = """
    00                                  # ERROR
    00 01                               # NO-CIPHER-ERROR
"""


def framed(content: bytes) -> bytes:
    """Put a record of SSL 2.0 around a message."""
    return (0x8000 | len(content)).to_bytes(2, "big") + content


# --- Records ----------------------------------------------------------------------------------------------------------


def test_records_of_both_forms_follow_one_another(wire):
    data = wire("""
        80 03  00 00 01                 # 2-byte header: 3 bytes
        00 08 03  aa bb cc dd ee 00 00 00   # 3-byte header: 8 bytes, of which 3 are padding
        40 01 00  ff                    # 3-byte header, a security escape: 1 byte
    """)

    assert [
        Ssl2Record(0, 5, 3, bytes((0, 0, 1))),
        Ssl2Record(5, 16, 5, bytes.fromhex("aabbccddee")),
        Ssl2Record(16, 20, 1, b"\xff"),
    ] == list(read_ssl2_records(data))


def test_a_record_may_be_of_32767_bytes():
    (record,) = read_ssl2_records(b"\xff\xff" + bytes(32767))

    assert 32767 == record.length == len(record.content)


def test_the_last_record_need_not_be_whole(wire):
    first, last = read_ssl2_records(wire("80 01 05  80 03 05 06"))

    assert (True, False) == (first.is_whole, last.is_whole)
    assert (3, b"\x05\x06") == (last.length, last.content)


@pytest.mark.parametrize("tail", ["80", "00 08"])
def test_a_stream_may_end_inside_a_header(wire, tail):
    *_, last = read_ssl2_records(wire("80 01 05" + tail))

    assert Unreadable(3, 3 + len(wire(tail)), "the stream ends inside a record header") == last


@pytest.mark.parametrize("record", ["80 00", "00 04 04  01 02 03 04", "00 04 ff  01 02 03 04"])
def test_a_record_without_content_is_none_and_ends_the_reading(wire, record):
    data = wire(record + "80 01 05")

    assert [Unreadable(0, len(data), "not a record of SSL 2.0")] == list(read_ssl2_records(data))


# --- Messages ---------------------------------------------------------------------------------------------------------


def test_a_server_hello_brings_the_certificate_and_the_ciphers(wire, decodes_only_whole):
    hello = decode_ssl2_server_hello(wire(SERVER_HELLO))

    assert SSL_2_0 == hello.server_version
    assert "SSL 2.0" == str(hello.server_version)
    assert (False, "x509") == (hello.session_id_hit, str(hello.certificate_type))
    assert (bytes.fromhex("300100"),) == hello.certificates
    assert ["SSL_CK_DES_192_EDE3_CBC_WITH_MD5", "SSL_CK_RC4_128_WITH_MD5"] == list(
        map(str, hello.cipher_specs)
    )
    assert wire(CONNECTION_ID) == hello.connection_id
    decodes_only_whole(decode_ssl2_server_hello, wire(SERVER_HELLO))


def test_a_session_that_goes_on_needs_no_certificate(wire, decodes_only_whole):
    hello = decode_ssl2_server_hello(wire(SERVER_HELLO_HIT))

    assert (True, (), ()) == (hello.session_id_hit, hello.certificates, hello.cipher_specs)
    decodes_only_whole(decode_ssl2_server_hello, wire(SERVER_HELLO_HIT))


def test_the_client_picks_the_cipher(wire, decodes_only_whole):
    key = decode_client_master_key(wire(CLIENT_MASTER_KEY))

    assert CipherSuite.SSL_CK_RC2_128_CBC_EXPORT40_WITH_MD5 == key.cipher_kind
    assert (11, 4, 8) == (len(key.clear_key), len(key.encrypted_key), len(key.key_arg))
    decodes_only_whole(decode_client_master_key, wire(CLIENT_MASTER_KEY))


@pytest.mark.parametrize(
    "code, name",
    [
        (1, "no_cipher"),
        (2, "no_certificate"),
        (4, "bad_certificate"),
        (6, "unsupported_certificate_type"),
        (3, "unknown_0x0003"),
    ],
)
def test_an_error_says_what_is_wrong(wire, decodes_only_whole, code, name):
    data = wire(ERROR)[:-1] + bytes((code,))

    assert name == str(decode_ssl2_error(data).description)
    decodes_only_whole(decode_ssl2_error, data)


@pytest.mark.parametrize(
    "decode", [decode_ssl2_server_hello, decode_client_master_key, decode_ssl2_error]
)
def test_a_message_of_another_type_is_refused(wire, decode):
    with pytest.raises(DecodeError, match="another type"):
        decode(b"\x09" + wire(SERVER_HELLO)[1:])


# --- Is it an answer? -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("message", [SERVER_HELLO, SERVER_HELLO_HIT, ERROR])
def test_what_a_server_of_ssl_2_answers_is_known(wire, message):
    assert is_ssl2_answer(framed(wire(message)))


@pytest.mark.parametrize("message, needed", [(SERVER_HELLO, 13), (ERROR, 5)])
def test_an_answer_is_known_by_its_first_bytes(wire, message, needed):
    data = framed(wire(message))

    assert [needed] == [n for n in range(needed + 1) if is_ssl2_answer(data[:n])]


@pytest.mark.parametrize(
    "at, value",
    [
        (0, 0x00),  # a header of three bytes
        (1, 0x21),  # another length
        (2, 0x05),  # SERVER-VERIFY, which is encrypted
        (3, 0x01),  # a session goes on, and there is a certificate
        (3, 0x02),  # neither yes nor no
        (4, 0x02),  # no X.509
        (6, 0x03),  # version 0x0003
        (8, 0x00),  # no certificate
        (10, 0x05),  # part of a cipher
        (12, 0x0F),  # a connection id that is too short
    ],
)
def test_what_differs_in_one_byte_is_no_answer(wire, at, value):
    data = bytearray(framed(wire(SERVER_HELLO)))
    data[at] = value

    assert not is_ssl2_answer(bytes(data))


@pytest.mark.parametrize(
    "other", ["", "15 03 01 00 02 02 28", "80 03 00 00 03", "80 04 00 00 01 00"]
)
def test_an_alert_of_tls_or_an_unknown_error_is_no_answer(wire, other):
    assert not is_ssl2_answer(wire(other))

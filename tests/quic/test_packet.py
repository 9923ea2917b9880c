from __future__ import annotations

import random

import pytest

from tlsparse.errors import DecodeError
from tlsparse.quic.packet import (
    PacketType,
    looks_like_quic,
    read_packets,
    variable_integer,
    version_name,
)
from tlsparse.tls.reader import Reader

INITIAL = """
    c1 00 00 00 01                            # long header, Initial, QUIC v1
    04 d1 d2 d3 d4                            # Destination Connection ID
    02 51 52                                  # Source Connection ID
    03 aa bb cc                               # token
    14                                        # length: packet number and payload
    00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13
"""
HANDSHAKE = """
    e1 00 00 00 01  04 d1 d2 d3 d4  02 51 52  # long header, Handshake
    40 15                                     # length, in two bytes
    00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13 14
"""
SHORT = """
    41                                        # short header: 1-RTT
    d1 d2 d3 d4  09 08 07
"""
RETRY = """
    ff 00 00 00 01 00 08 f0 67 a5 50 2a 42 62 b5      # RFC 9001 appendix A.4
    74 6f 6b 65 6e                            # token: "token"
    04 a2 65 ba 2e ff 4d 82 90 58 fb 3f 0f 24 96 ba   # Retry Integrity Tag
"""
VERSION_NEGOTIATION = """
    80 00 00 00 00                            # long header, version 0
    02 51 52  04 d1 d2 d3 d4                  # the ids of the client's packet, swapped
    00 00 00 01  6b 33 43 cf  1a 2a 3a 4a     # v1, v2 and a reserved one
"""


def read_all(datagram):
    return list(read_packets(datagram))


def test_an_initial_packet_shows_its_header(wire):
    (packet,) = read_packets(wire(INITIAL))

    assert PacketType.INITIAL == packet.type
    assert (1, "d1d2d3d4", "5152", "aabbcc") == (
        packet.version,
        packet.destination_id.hex(),
        packet.source_id.hex(),
        packet.token.hex(),
    )
    assert wire(INITIAL) == packet.data
    assert bytes(range(20)) == packet.data[packet.number_at :]


def test_a_datagram_is_cut_into_its_packets(wire):
    datagram = wire(INITIAL + HANDSHAKE + SHORT)

    packets = read_all(datagram)

    assert ["initial", "handshake", "1-rtt"] == [packet.type for packet in packets]
    assert datagram == b"".join(packet.data for packet in packets)


def test_zeros_after_the_last_packet_are_padding(wire):
    assert 1 == len(read_all(wire(INITIAL) + bytes(100)))


def test_other_bytes_after_the_last_packet_are_an_error(wire):
    with pytest.raises(DecodeError, match="no packet"):
        read_all(wire(INITIAL) + b"\x0a\x0b")


def test_a_packet_to_another_connection_is_not_read(wire):
    stranger = wire(HANDSHAKE.replace("d4", "ff"))
    packets = read_packets(wire(INITIAL) + stranger)

    assert PacketType.INITIAL == next(packets).type
    with pytest.raises(DecodeError, match="another connection"):
        next(packets)


def test_the_quic_bit_may_be_greased_within_a_datagram(wire):
    """RFC 9287: the id shows whose packet it is."""
    packets = read_all(wire(INITIAL + SHORT.replace("41", "01")))

    assert PacketType.ONE_RTT == packets[-1].type


def test_version_2_numbers_the_types_otherwise(wire):
    expected = [PacketType.INITIAL, PacketType.ZERO_RTT, PacketType.HANDSHAKE]
    headers = "d1 6b 33 43 cf 00 00 00", "e1 6b 33 43 cf 00 00", "f1 6b 33 43 cf 00 00"
    kinds = [read_all(wire(f"{header} 14") + bytes(20))[0].type for header in headers]
    retry = read_all(wire("cf 6b 33 43 cf 00 00 aa") + bytes(16))[0]

    assert expected == kinds
    assert (PacketType.RETRY, b"\xaa") == (retry.type, retry.token)


def test_a_retry_shows_its_token(wire):
    (packet,) = read_packets(wire(RETRY))

    assert PacketType.RETRY == packet.type
    assert (b"token", "f067a5502a4262b5") == (packet.token, packet.source_id.hex())


def test_a_version_negotiation_shows_its_versions(wire):
    (packet,) = read_packets(wire(VERSION_NEGOTIATION))

    assert PacketType.VERSION_NEGOTIATION == packet.type
    assert ["QUIC v1", "QUIC v2", "grease_0x1a2a3a4a"] == [
        version_name(version) for version in packet.versions
    ]


def test_names_of_versions():
    assert "QUIC draft-29" == version_name(0xFF00001D)
    assert "unknown_0x51303530" == version_name(0x51303530)


def test_a_packet_of_an_unknown_version_shows_its_ids_only(wire):
    (packet,) = read_packets(wire("c0 51 30 35 30 02 aa bb 01 cc 11 22 33"))

    assert (PacketType.UNKNOWN, b"\xaa\xbb", b"\xcc", 0) == (
        packet.type,
        packet.destination_id,
        packet.source_id,
        packet.number_at,
    )


def test_a_connection_id_has_at_most_20_bytes(wire):
    with pytest.raises(DecodeError, match="may have 20"):
        read_all(wire("c1 00 00 00 01 15") + bytes(100))


def test_a_packet_needs_bytes_for_a_sample(wire):
    with pytest.raises(DecodeError, match="needs 20"):
        read_all(wire("c1 00 00 00 01 00 00 00 13") + bytes(19))


@pytest.mark.parametrize("text", [INITIAL, HANDSHAKE, VERSION_NEGOTIATION])
def test_each_truncation_is_an_error(wire, text):
    whole = wire(text)
    readable = {len(whole) - 4, len(whole) - 8, len(whole) - 12} if "swapped" in text else set()
    for length in set(range(1, len(whole))) - readable:
        with pytest.raises(DecodeError):
            read_all(whole[:length])


def test_random_bytes_raise_nothing_else():
    noise = random.Random(9000)
    headers = [bytes.fromhex(h) for h in ("c000000001", "d16b3343cf", "8000000000", "ff00000001")]
    for _ in range(5000):
        datagram = noise.choice(headers) + noise.randbytes(noise.randrange(60))
        try:
            read = b"".join(packet.data for packet in read_packets(datagram))
        except DecodeError:
            continue
        assert datagram.startswith(read)


@pytest.mark.parametrize("text", [INITIAL, INITIAL + HANDSHAKE + SHORT, RETRY, VERSION_NEGOTIATION])
def test_quic_looks_like_quic(wire, text):
    assert looks_like_quic(wire(text))


def test_a_long_packet_of_a_reserved_version_looks_like_quic(wire):
    """A client forces a version negotiation so (RFC 9000 section 6.3)."""
    greased = wire("c0 1a 2a 3a 4a 08 01 02 03 04 05 06 07 08 00")

    assert looks_like_quic(greased.ljust(1200, b"\x55"))
    assert not looks_like_quic(greased)


@pytest.mark.parametrize(
    "text",
    [
        "",
        SHORT,  # could be anything
        "81 00 00 00 01 00 00 00 14 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 11 12 13",
        INITIAL + "0a 0b",  # bytes left over
        VERSION_NEGOTIATION + "00",  # half a version
        "80 00 00 00 00 00 00 00 00 00 00",  # offers nothing
        "80 00 00 00 00 00 00 12 34 56 78",  # offers no version that is known
        "80 60 12 34 00 00 00 a0 00 00 00 01",  # RTP
        "16 fe fd 00 00 00 00 00 00 00 00 00 01 00",  # DTLS
        "00 01 00 08 21 12 a4 42 00 00 00 00 00 00 00 00 00 00 00 00",  # STUN
        "c0 51 30 35 30 02 aa bb 01 cc 11 22 33",  # Google's QUIC, which has no TLS
    ],
)
def test_what_is_not_surely_quic_does_not_look_like_it(wire, text):
    assert not looks_like_quic(wire(text))


def test_a_cut_datagram_does_not_look_like_quic(wire):
    assert not looks_like_quic(wire(INITIAL)[:-1])


def test_random_bytes_do_not_look_like_quic():
    noise = random.Random(9001)

    assert not any(looks_like_quic(noise.randbytes(1200)) for _ in range(5000))


@pytest.mark.parametrize(
    "value, text",
    [
        (151288809941952652, "c2197c5eff14e88c"),  # the examples of RFC 9000 appendix A.1
        (494878333, "9d7f3e7d"),
        (15293, "7bbd"),
        (37, "25"),
        (37, "4025"),
    ],
)
def test_integers_have_variable_length(value, text):
    body = Reader(bytes.fromhex(text))

    assert value == variable_integer(body)
    body.finish()

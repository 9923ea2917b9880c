"""The examples of RFC 9001 appendix A and RFC 9369 appendix A."""

from __future__ import annotations

import pytest

from tlsparse.quic.packet import QUIC_1, QUIC_2, read_packets
from tlsparse.quic.protection import Protection, full_packet_number, initial_keys

CLIENT_ID = bytes.fromhex("8394c8f03e515708")

CLIENT_PAYLOAD = """
    06 00 40 f1                               # CRYPTO: offset 0, 241 bytes
    01 00 00 ed  03 03                        # ClientHello
    eb f8 fa 56 f1 29 39 b9 58 4a 38 96 47 2e c4 0b
    b8 63 cf d3 e8 68 04 fe 3a 47 f0 6a 2b 69 48 4c
    00  00 04 13 01 13 02  01 00
    00 c0                                     # its extensions
    00 00 00 10 00 0e 00 00 0b 65 78 61 6d 70 6c 65 2e 63 6f 6d   # server_name: example.com
    ff 01 00 01 00
    00 0a 00 08 00 06 00 1d 00 17 00 18
    00 10 00 07 00 05 04 61 6c 70 6e
    00 05 00 05 01 00 00 00 00
    00 33 00 26 00 24 00 1d 00 20
      93 70 b2 c9 ca a4 7f ba ba f4 55 9f ed ba 75 3d
      e1 71 fa 71 f5 0f 1c e1 5d 43 e9 94 ec 74 d7 48
    00 2b 00 03 02 03 04
    00 0d 00 10 00 0e 04 03 05 03 06 03 02 03 08 04 08 05 08 06
    00 2d 00 02 01 01
    00 1c 00 02 40 01
    00 39 00 32 04 08 ff ff ff ff ff ff ff ff 05 04 80 00 ff ff
      07 04 80 00 ff ff 08 01 10 01 04 80 00 75 30 09 01 10
      0f 08 83 94 c8 f0 3e 51 57 08 06 04 80 00 ff ff
"""

SERVER_PAYLOAD = """
    02 00 00 00 00                            # ACK of packet 0
    06 00 40 5a                               # CRYPTO: offset 0, 90 bytes
    02 00 00 56  03 03                        # ServerHello
    ee fc e7 f7 b3 7b a1 d1 63 2e 96 67 78 25 dd f7
    39 88 cf c7 98 25 df 56 6d c5 43 0b 9a 04 5a 12
    00 13 01 00  00 2e
    00 33 00 24 00 1d 00 20
      9d 3c 94 0d 89 69 0b 84 d0 8a 60 99 3c 14 4e ca
      68 4d 10 81 28 7c 83 4d 53 11 bc f3 2b b9 da 1a
    00 2b 00 02 03 04
"""

SERVER_PACKETS = {
    QUIC_1: """
        cf 00 00 00 01 00 08 f0 67 a5 50 2a 42 62 b5 00
        40 75 c0 d9 5a 48 2c d0 99 1c d2 5b 0a ac 40 6a
        58 16 b6 39 41 00 f3 7a 1c 69 79 75 54 78 0b b3
        8c c5 a9 9f 5e de 4c f7 3c 3e c2 49 3a 18 39 b3
        db cb a3 f6 ea 46 c5 b7 68 4d f3 54 8e 7d de b9
        c3 bf 9c 73 cc 3f 3b de d7 4b 56 2b fb 19 fb 84
        02 2f 8e f4 cd d9 37 95 d7 7d 06 ed bb 7a af 2f
        58 89 18 50 ab bd ca 3d 20 39 8c 27 64 56 cb c4
        21 58 40 7d d0 74 ee
    """,
    QUIC_2: """
        dc 6b 33 43 cf 00 08 f0 67 a5 50 2a 42 62 b5 00
        40 75 d9 2f aa f1 6f 05 d8 a4 39 8c 47 08 96 98
        ba ee a2 6b 91 eb 76 1d 9b 89 23 7b bf 87 26 30
        17 91 53 58 23 00 35 f7 fd 39 45 d8 89 65 cf 17
        f9 af 6e 16 88 6c 61 bf c7 03 10 6f ba f3 cb 4c
        fa 52 38 2d d1 6a 39 3e 42 75 75 07 69 80 75 b2
        c9 84 c7 07 f0 a0 81 2d 8c d5 a6 88 1e af 21 ce
        da 98 f4 bd 23 f6 fe 1a 3e 2c 43 ed d9 ce 7c a8
        4b ed 85 21 e2 e1 40
    """,
}

# The first 38 bytes and the last 16, which authenticate all that is between.
CLIENT_PACKETS = {
    QUIC_1: (
        "c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11d242b123dc9b",
        "e221af44860018ab0856972e194cd934",
    ),
    QUIC_2: (
        "d76b3343cf088394c8f03e5157080000449ea0c95e82ffe67b6abcdb4298b485dd04de806071",
        "a18b2faa745b6fe189cf772a9f84cbfc",
    ),
}


@pytest.mark.parametrize(
    "version, from_client, keys",
    [
        (
            QUIC_1,
            True,
            "1f369613dd76d5467730efcbe3b1a22d fa044b2f42a3fd3b46fb255c 9f50449e04a0e810283a1e9933adedd2",
        ),
        (
            QUIC_1,
            False,
            "cf3a5331653c364c88f0f379b6067e37 0ac1493ca1905853b0bba03e c206b8d9b9f0f37644430b490eeaa314",
        ),
        (
            QUIC_2,
            True,
            "8b1a0bc121284290a29e0971b5cd045d 91f73e2351d8fa91660e909f 45b95e15235d6f45a6b19cbcb0294ba9",
        ),
        (
            QUIC_2,
            False,
            "82db637861d55e1d011f19ea71d5d2a7 dd13c276499c0249d3310652 edf6d05c83121201b436e16877593c3a",
        ),
    ],
)
def test_keys_are_those_of_the_rfcs(version, from_client, keys):
    """RFC 9001 appendix A.1, RFC 9369 appendix A.1."""
    assert keys == " ".join(
        part.hex() for part in initial_keys(version, CLIENT_ID, from_client=from_client)
    )


@pytest.mark.parametrize("version", [QUIC_1, QUIC_2])
def test_the_servers_packet_opens(wire, version):
    """RFC 9001 appendix A.3, RFC 9369 appendix A.3."""
    (packet,) = read_packets(wire(SERVER_PACKETS[version]))

    opened = Protection(version, CLIENT_ID, from_client=False).open(packet)

    assert wire(SERVER_PAYLOAD) == opened


@pytest.mark.parametrize("version", [QUIC_1, QUIC_2])
def test_the_clients_packet_opens(wire, initial, version):
    """RFC 9001 appendix A.2, RFC 9369 appendix A.2."""
    payload = wire(CLIENT_PAYLOAD).ljust(1162, b"\0")
    datagram = initial(payload, keyed_by=CLIENT_ID, to=CLIENT_ID, version=version, number=2)
    begin, end = CLIENT_PACKETS[version]
    assert (1200, begin, end) == (len(datagram), datagram[:38].hex(), datagram[-16:].hex())

    (packet,) = read_packets(datagram)

    assert payload == Protection(version, CLIENT_ID, from_client=True).open(packet)


def test_draft_29_has_a_salt_of_its_own(initial):
    datagram = initial(b"\x01", keyed_by=CLIENT_ID, to=CLIENT_ID, version=0xFF00001D)
    (packet,) = read_packets(datagram)

    assert b"\x01\0\0\0" == Protection(0xFF00001D, CLIENT_ID, from_client=True).open(packet)
    assert Protection(0xFF000022, CLIENT_ID, from_client=True).open(packet) is None


def test_no_other_keys_open_a_packet(wire):
    (packet,) = read_packets(wire(SERVER_PACKETS[QUIC_1]))

    assert Protection(QUIC_1, CLIENT_ID, from_client=True).open(packet) is None
    assert Protection(QUIC_2, CLIENT_ID, from_client=False).open(packet) is None
    assert Protection(QUIC_1, b"12345678", from_client=False).open(packet) is None


def test_a_packet_with_one_wrong_bit_does_not_open(wire):
    whole = wire(SERVER_PACKETS[QUIC_1])
    for at in (7, 20, len(whole) - 1):  # in the source id, the payload and the tag
        broken = bytearray(whole)
        broken[at] ^= 0x10
        (packet,) = read_packets(bytes(broken))

        assert Protection(QUIC_1, CLIENT_ID, from_client=False).open(packet) is None


@pytest.mark.parametrize(
    "number, truncated, bits, largest",
    [
        (0xA82F9B32, 0x9B32, 16, 0xA82F30EA),  # the example of RFC 9000 appendix A.3
        (0, 0, 8, -1),
        (256, 0, 8, 255),
        (255, 255, 8, 256),
    ],
)
def test_a_packet_number_is_the_nearest_to_the_one_expected(number, truncated, bits, largest):
    assert number == full_packet_number(truncated, bits, largest)

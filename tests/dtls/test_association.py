from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsparse.dtls import association
from tlsparse.dtls.association import EARLY_RECORDS, ITEMS, ROOM, Conversation
from tlsparse.net.packets import UDP, locate_packets
from tlsparse.pcap.source import read_blocks
from tlsparse.tls.codes import HandshakeType
from tlsparse.tls.hello import HelloVerifyRequest
from tlsparse.tls.messages import Context, decode_message

CLIENT, SERVER = 0, 1

CLIENT_HELLO = """
    fe fd                                             # client_version: DTLS 1.2
    00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f
    10 11 12 13 14 15 16 17 18 19 1a 1b 1c 1d 1e 1f   # random
    00                                                # session_id: empty
    {cookie}                                          # cookie, with its length
    00 02  c0 2b                                      # cipher_suites
    01 00                                             # compression_methods: null
    00 08                                             # extensions
        00 36  00 04  03 63 69 64                     # connection_id: "cid", for what the server sends
"""
HELLO_VERIFY_REQUEST = """
    fe ff                                             # server_version: DTLS 1.0, whatever comes later
    02 aa bb                                          # cookie
"""
SERVER_HELLO = """
    fe fd                                             # server_version: DTLS 1.2
    a0 a1 a2 a3 a4 a5 a6 a7 a8 a9 aa ab ac ad ae af
    b0 b1 b2 b3 b4 b5 b6 b7 b8 b9 ba bb bc bd be bf   # random
    00                                                # session_id: empty
    c0 2b  00                                         # cipher_suite, compression_method
    00 07                                             # extensions
        00 36  00 03  02 69 64                        # connection_id: "id", for what the client sends
"""
SERVER_HELLO_13 = """
    fe fd                                             # legacy_version: DTLS 1.2
    a0 a1 a2 a3 a4 a5 a6 a7 a8 a9 aa ab ac ad ae af
    b0 b1 b2 b3 b4 b5 b6 b7 b8 b9 ba bb bc bd be bf   # random
    00                                                # legacy_session_id_echo: empty
    13 01  00                                         # cipher_suite, legacy_compression_method
    00 06                                             # extensions
        00 2b  00 02  fe fc                           # supported_versions: DTLS 1.3
"""
NO_COOKIE, COOKIE = "00", "02 aa bb"
CERTIFICATE = bytes(range(256)) * 4

CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA, TLS12_CID = 20, 21, 22, 23, 25


def record(content_type, fragment, sequence=0, epoch=0, connection_id=b""):
    return (
        bytes((content_type, 0xFE, 0xFD))
        + epoch.to_bytes(2, "big")
        + sequence.to_bytes(6, "big")
        + connection_id
        + len(fragment).to_bytes(2, "big")
        + fragment
    )


def fragment(message_type, message_seq, body, start=0, end=None):
    part = body[start:end]
    return (
        bytes((message_type,))
        + len(body).to_bytes(3, "big")
        + message_seq.to_bytes(2, "big")
        + start.to_bytes(3, "big")
        + len(part).to_bytes(3, "big")
        + part
    )


def unified(epoch, length=24):
    """A record with the unified header: no connection id, 16-bit sequence number, length."""
    return bytes((0x2C | epoch, 0x8E, 0xAB)) + length.to_bytes(2, "big") + bytes(length)


def message(message_type, message_seq, body, sequence=0):
    return record(HANDSHAKE, fragment(message_type, message_seq, body), sequence)


def follow(*datagrams):
    """Feed (side, datagram) pairs to a conversation, one a packet; return its associations."""
    conversation = Conversation()
    for packet, (side, datagram) in enumerate(datagrams, start=1):
        conversation.add(packet, packet * 1000, side, datagram)
    return conversation.associations()


def said(items):
    """Name items as `packet side what`."""
    names = {20: "change_cipher_spec", 21: "alert", 23: "data", 25: "hidden", 26: "ack"}
    return [
        f"{item.packet} {'CS'[item.side]} "
        + (
            HandshakeType(item.message_type).name
            if item.message_type is not None
            else names.get(item.content_type, "encrypted")
        )
        for item in items
    ]


@pytest.fixture(scope="session")
def hello(wire):
    """Make a ClientHello; another `salt`, another random."""

    def make(cookie=NO_COOKIE, salt=0):
        body = wire(CLIENT_HELLO.format(cookie=cookie))
        return body[:2] + bytes(byte ^ salt for byte in body[2:34]) + body[34:]

    return make


@pytest.fixture(scope="session")
def handshake(wire, hello):
    """The datagrams of a handshake of DTLS 1.2 with a cookie."""
    return [
        (CLIENT, message(1, 0, hello())),
        (SERVER, message(3, 0, wire(HELLO_VERIFY_REQUEST))),
        (CLIENT, message(1, 1, hello(COOKIE), 1)),
        (
            SERVER,
            message(2, 1, wire(SERVER_HELLO), 1)
            + record(HANDSHAKE, fragment(11, 2, CERTIFICATE, 0, 500), 2),
        ),
        (
            SERVER,
            record(HANDSHAKE, fragment(11, 2, CERTIFICATE, 500) + fragment(14, 3, b""), 3),
        ),
        (
            CLIENT,
            message(16, 2, bytes(33), 2)
            + record(CHANGE_CIPHER_SPEC, b"\x01", 3)
            + record(HANDSHAKE, bytes(40), 0, epoch=1),
        ),
        (
            SERVER,
            record(CHANGE_CIPHER_SPEC, b"\x01", 4) + record(HANDSHAKE, bytes(40), 0, epoch=1),
        ),
    ]


STORY = [
    "1 C client_hello",
    "2 S hello_verify_request",
    "3 C client_hello",
    "4 S server_hello",
    "5 S certificate",
    "5 S server_hello_done",
    "6 C client_key_exchange",
    "6 C change_cipher_spec",
    "6 C encrypted",
    "7 S change_cipher_spec",
    "7 S encrypted",
]


def test_a_handshake_is_told_in_order(handshake):
    (dtls,) = follow(*handshake)

    assert STORY == said(dtls.items)
    assert CLIENT == dtls.client
    assert "DTLS 1.2" == dtls.version.name
    assert [3, 4] == dtls.datagrams
    assert (1, 7, 1000, 7000) == (dtls.first_packet, dtls.last_packet, dtls.start_ns, dtls.end_ns)
    assert ([], [], [], 0) == (dtls.repeats, dtls.unfinished, dtls.troubles, dtls.dropped)


def test_a_readable_message_has_the_length_of_its_body_and_an_encrypted_one_of_its_record(
    handshake,
):
    (dtls,) = follow(*handshake)

    assert [1024, 0, 33, 1, 40] == [item.length for item in dtls.items[4:9]]
    assert CERTIFICATE == dtls.items[4].body
    assert [False, True] == [item.encrypted for item in dtls.items[7:9]]


def test_every_record_is_seen(handshake):
    (dtls,) = follow(*handshake)

    assert [22, 22, 22, 22, 22, 22, 22, 20, 22, 20, 22] == [r.content_type for r in dtls.records]
    assert [0] * 8 + [1, 0, 1] == [r.epoch for r in dtls.records]


def test_the_messages_decode_as_those_of_tls(handshake):
    """HelloVerifyRequest and the cookie exist in DTLS only."""
    (dtls,) = follow(*handshake)
    first, verify, second, server_hello = [
        decode_message(HandshakeType(item.message_type), item.body, Context())
        for item in list(dtls.messages())[:4]
    ]

    assert b"" == first.cookie
    assert HelloVerifyRequest(0xFEFF, b"\xaa\xbb") == verify
    assert b"\xaa\xbb" == second.cookie
    assert "DTLS 1.2" == server_hello.version.name


def test_a_repeated_flight_is_put_down_apart(handshake):
    client_flight, server_flight = handshake[5], handshake[6]
    again = (
        CLIENT,
        message(16, 2, bytes(33), 7)
        + record(CHANGE_CIPHER_SPEC, b"\x01", 8)
        + record(HANDSHAKE, bytes(40), 1, epoch=1),
    )
    (dtls,) = follow(*handshake[:5], client_flight, again, server_flight)

    assert STORY[:9] == said(dtls.items)[:9]
    assert 11 == len(dtls.items)
    assert ["7 C client_key_exchange", "7 C change_cipher_spec", "7 C encrypted"] == said(
        dtls.repeats
    )
    assert [3, 0] == dtls.retransmissions


def test_a_datagram_that_was_captured_twice_says_nothing_new(handshake):
    alert = CLIENT, record(ALERT, bytes(26), 9, epoch=1)
    (dtls,) = follow(*handshake, alert, alert)

    assert "8 C alert" == said(dtls.items)[-1]
    assert ["9 C alert"] == said(dtls.repeats)


def test_a_client_that_gets_no_answer_repeats_its_hello(hello):
    (dtls,) = follow(*((CLIENT, message(1, 0, hello(), n)) for n in range(4)))

    assert ["1 C client_hello"] == said(dtls.items)
    assert ["2 C client_hello", "3 C client_hello", "4 C client_hello"] == said(dtls.repeats)


def test_a_hello_with_another_random_begins_another_association(handshake, hello):
    other = [
        (CLIENT, message(1, 0, hello(salt=1))),
        (SERVER, record(ALERT, b"\x02\x28", 1)),
    ]
    first, second = follow(*handshake, *other)

    assert STORY == said(first.items)
    assert ["8 C client_hello", "9 S alert"] == said(second.items)
    assert (8, 9) == (second.first_packet, second.last_packet)


def test_a_second_hello_with_a_cookie_is_of_the_same_association_even_without_a_number(hello, wire):
    (dtls,) = follow(
        (CLIENT, message(1, 0, hello())),
        (SERVER, message(3, 0, wire(HELLO_VERIFY_REQUEST))),
        (CLIENT, message(1, 0, hello(COOKIE))),
    )

    assert [0, 0, 0] == [item.message_seq for item in dtls.items]
    assert [] == dtls.repeats


def test_the_last_words_of_an_association_may_come_after_the_next_hello(handshake, hello):
    bye = record(ALERT, bytes(26), 9, epoch=1)
    first, second = follow(*handshake, (CLIENT, message(1, 0, hello(salt=1))), (SERVER, bye))

    assert "9 S alert" == said(first.items)[-1]
    assert ["8 C client_hello"] == said(second.items)


def test_a_late_repeat_of_an_earlier_hello_goes_to_its_association(hello):
    first, second = follow(
        (CLIENT, message(1, 0, hello(), 0)),
        (CLIENT, message(1, 0, hello(salt=1), 0)),
        (CLIENT, message(1, 0, hello(), 1)),
    )

    assert [1, 0] == [sum(first.retransmissions), sum(second.retransmissions)]


def test_a_hello_that_was_overtaken_by_its_answer_is_of_the_same_association(hello, wire):
    (dtls,) = follow(
        (SERVER, message(3, 0, wire(HELLO_VERIFY_REQUEST))), (CLIENT, message(1, 0, hello()))
    )

    assert CLIENT == dtls.client
    assert ["1 S hello_verify_request", "2 C client_hello"] == said(dtls.items)


@pytest.mark.parametrize(
    "side, message_type, client", [(0, 1, 0), (1, 2, 0), (0, 14, 1), (1, 16, 1), (0, 11, None)]
)
def test_what_a_side_says_shows_who_it_is(side, message_type, client):
    (dtls,) = follow((side, message(message_type, 3, b"")))

    assert client == dtls.client


def test_a_hello_that_was_captured_in_part_still_shows_who_wanted_what(handshake):
    (dtls,) = follow((CLIENT, handshake[0][1][:40]))

    assert CLIENT == dtls.client
    assert [] == dtls.items
    assert ["handshake: needs 52 bytes, has 15 at byte 12"] == [t.text for t in dtls.troubles]


def test_alerts_in_the_clear_have_their_two_bytes(handshake):
    (dtls,) = follow(*handshake[:5], (CLIENT, record(ALERT, b"\x02\x2d", 2)))

    assert (b"\x02\x2d", False, 2) == (
        dtls.items[-1].body,
        dtls.items[-1].encrypted,
        dtls.items[-1].length,
    )


def test_application_data_is_counted_and_does_not_pile_up(handshake):
    data = [
        (n % 2, record(APPLICATION_DATA, bytes(20 + n % 2), n, epoch=1)) for n in range(2, 2002)
    ]
    (dtls,) = follow(*handshake, *data)

    assert (1000, 20_000) == (dtls.traffic[CLIENT].records, dtls.traffic[CLIENT].length)
    assert (8, 2006) == (dtls.traffic[CLIENT].first.packet, dtls.traffic[CLIENT].last.packet)
    assert len(STORY) + 2 * EARLY_RECORDS == len(dtls.items)
    assert 0 == dtls.dropped


def test_what_else_uses_the_ports_is_left_alone(handshake):
    conversation = Conversation()
    stun = bytes.fromhex("0001 0000 2112a442 0102030405060708090a0b0c")
    rtp = bytes.fromhex("80 60 0001 00000000 12345678") + bytes(100)
    taken = [
        conversation.add(number, number, side, datagram)
        for number, (side, datagram) in enumerate(
            [(0, stun), handshake[0], (1, stun), handshake[1], (0, rtp), (1, b"")]
        )
    ]

    assert [False, True, False, True, False, False] == taken
    assert ([], [1, 1]) == (
        conversation.associations()[0].troubles,
        conversation.associations()[0].datagrams,
    )


def test_without_dtls_there_is_no_association():
    assert [] == follow((0, bytes(100)), (1, b"\x2e" + bytes(100)), (0, b""))


def test_a_broken_message_is_told_and_the_rest_is_read(handshake):
    bad = record(HANDSHAKE, b"\x0b\x00\x00\x01\x00\x02\x00\x00\x01\x00\x00\x01\xff", 2)
    (dtls,) = follow(handshake[0], (SERVER, bad + record(ALERT, b"\x02\x28", 3)))

    assert ["1 C client_hello", "2 S alert"] == said(dtls.items)
    assert [
        (SERVER, 2, "handshake: has bytes 1 to 2 of a message of 1 at byte 12")
    ] == dtls.troubles


def test_what_follows_the_last_record_is_told(handshake):
    (dtls,) = follow(handshake[0], (SERVER, handshake[1][1] + b"\xff"))

    assert ["record: has a content type of 255 at byte 31"] == [t.text for t in dtls.troubles]


def test_a_message_that_lost_a_part_is_unfinished(handshake):
    (dtls,) = follow(*handshake[:4])

    ((side, certificate),) = dtls.unfinished
    assert (SERVER, 11, 1024, 500) == (side, certificate.type, certificate.length, certificate.had)


# --- Connection ids and DTLS 1.3 ----------------------------------------------------------------


def test_each_side_sends_the_connection_id_that_the_other_wants(handshake):
    """Two records in a datagram can only be told apart by knowing how long the id is."""
    from_client = record(TLS12_CID, bytes(20), 2, 1, b"id") * 1 + record(
        TLS12_CID, bytes(20), 3, 1, b"id"
    )
    from_server = record(TLS12_CID, bytes(20), 2, 1, b"cid") + record(
        TLS12_CID, bytes(20), 3, 1, b"cid"
    )
    (dtls,) = follow(*handshake, (CLIENT, from_client), (SERVER, from_server))

    assert [2, 2] == [traffic.records for traffic in dtls.traffic]
    assert [] == dtls.troubles
    assert ["8 C hidden", "8 C hidden", "9 S hidden", "9 S hidden"] == said(dtls.items)[-4:]


@pytest.fixture(scope="session")
def hellos_13(wire, hello):
    return [(CLIENT, message(1, 0, hello())), (SERVER, message(2, 0, wire(SERVER_HELLO_13)))]


def test_dtls_13_hides_its_handshake_in_records_of_epoch_2(hellos_13):
    (dtls,) = follow(
        *hellos_13,
        (SERVER, unified(2) + unified(2, 900)),
        (CLIENT, unified(2)),
        (CLIENT, unified(3)),
    )

    assert "DTLS 1.3" == dtls.version.name
    assert ["3 S data", "3 S data", "4 C data", "5 C data"] == said(dtls.items)[2:]
    assert [2, 2, 2, 3] == [item.epoch for item in dtls.items[2:]]
    assert [24, 900, 24, 24] == [item.length for item in dtls.items[2:]]


def test_the_bits_of_an_epoch_mean_the_nearest_one(hellos_13):
    epochs = [2, 3, 0, 1, 0, 3, 2]  # as sent: two bits of each
    (dtls,) = follow(*hellos_13, *((CLIENT, unified(bits)) for bits in epochs))

    assert [2, 3, 4, 5, 4, 3, 6] == [item.epoch for item in dtls.items[2:]]


def test_early_data_belongs_to_the_hello_before_it(handshake, hello):
    first, second = follow(*handshake[:2], (CLIENT, message(1, 0, hello(salt=1)) + unified(1)))

    assert 2 == len(first.items)
    assert ["3 C client_hello", "3 C data"] == said(second.items)


def test_a_unified_header_is_not_believed_of_an_older_version(handshake):
    conversation = Conversation()
    for packet, (side, datagram) in enumerate(handshake):
        conversation.add(packet, packet, side, datagram)

    assert not conversation.add(9, 9, CLIENT, unified(2))


def test_an_ack_in_the_clear_is_put_down(hellos_13):
    ack = record(26, b"\x00\x10" + bytes(16), 1)
    (dtls,) = follow(*hellos_13, (CLIENT, ack))

    assert ["3 C ack"] == said(dtls.items)[2:]
    assert b"\x00\x10" + bytes(16) == dtls.items[-1].body


# --- Limits -------------------------------------------------------------------------------------


def test_items_have_a_limit_and_what_is_beyond_it_is_counted(handshake):
    alerts = [(CLIENT, record(ALERT, b"\x01\x5a", n)) for n in range(10, 10 + ITEMS)]
    (dtls,) = follow(*handshake, *alerts)

    assert ITEMS == len(dtls.items)
    assert 2 * len(STORY) == dtls.dropped  # as many items as records


def test_bytes_have_a_limit_and_what_is_beyond_it_is_counted():
    parts = range(0, ROOM, 1024)
    body = bytes(ROOM)
    (dtls,) = follow(
        *((CLIENT, record(HANDSHAKE, fragment(11, 2, body, at, at + 1024))) for at in parts)
    )

    ((_, certificate),) = dtls.unfinished
    assert certificate.had < ROOM
    assert len(parts) == certificate.had // 1024 + dtls.dropped


def test_associations_have_a_limit(monkeypatch, hello):
    monkeypatch.setattr(association, "ASSOCIATIONS", 3)
    associations = follow(*((CLIENT, message(1, 0, hello(salt=n))) for n in range(5)))

    assert [0, 0, 2] == [dtls.dropped for dtls in associations]


# --- Any order, any cut, any bytes --------------------------------------------------------------


@given(st.data())
def test_fragments_cut_anywhere_shuffled_and_repeated_tell_the_same(handshake, wire, data):
    bodies = {1: wire(SERVER_HELLO), 2: CERTIFICATE, 3: b""}
    types = {1: 2, 2: 11, 3: 14}
    parts = []
    for number, body in bodies.items():
        inside = data.draw(st.sets(st.integers(0, len(body)), max_size=6))
        for start, end in list(pairwise(sorted({0, len(body)} | inside))) or [(0, 0)]:
            parts.append(fragment(types[number], number, body, start, end))
    parts += data.draw(st.lists(st.sampled_from(parts), max_size=10))
    order = data.draw(st.permutations(parts))
    flight = [(SERVER, record(HANDSHAKE, part, n)) for n, part in enumerate(order)]
    (dtls,) = follow(*handshake[:3], *flight)

    told = {item.message_seq: item.body for item in dtls.messages(SERVER)}
    assert {0: wire(HELLO_VERIFY_REQUEST), **bodies} == told
    assert len(told) == len(list(dtls.messages(SERVER)))
    assert [] == dtls.unfinished
    assert [] == dtls.troubles


@given(st.data())
def test_no_bytes_do_any_harm(handshake, hellos_13, data):
    """Truncated, changed and invented datagrams, in a conversation that is known to be DTLS."""
    conversation = Conversation()
    story = data.draw(st.sampled_from([handshake, hellos_13]))
    for packet in range(12):
        side, datagram = data.draw(st.sampled_from(story))
        mutation = data.draw(st.sampled_from(["none", "cut", "change", "invent"]))
        if mutation == "cut":
            datagram = datagram[: data.draw(st.integers(0, len(datagram)))]
        elif mutation == "change":
            at = data.draw(st.integers(0, len(datagram) - 1))
            datagram = datagram[:at] + data.draw(st.binary(max_size=4)) + datagram[at + 1 :]
        elif mutation == "invent":
            first = data.draw(st.integers(20, 63))
            datagram = bytes((first, 0xFE, 0xFD)) + data.draw(st.binary(max_size=60))
        conversation.add(packet, packet, side, datagram)

    for dtls in conversation.associations():
        assert 1 <= sum(dtls.datagrams) <= 12
        assert all(len(item.body) == item.length for item in dtls.messages())


# --- Captures of others -------------------------------------------------------------------------


def conversations(path):
    """Return the conversations of a capture and for each its endpoint of side 0."""
    found = {}
    for block in read_blocks(path, lambda *_: None):
        packets = locate_packets(block)
        for i in range(block.count):
            if packets.protocol[i] != UDP:
                continue
            source, target = (
                (
                    packets.source_high[i],
                    packets.source_low[i],
                    packets.source_port[i],
                ),
                (
                    packets.target_high[i],
                    packets.target_low[i],
                    packets.target_port[i],
                ),
            )
            ends = min(source, target), max(source, target)
            start = packets.payload[i]
            found.setdefault(ends, Conversation()).add(
                block.first_packet + i,
                block.time_ns[i],
                int(source != ends[0]),
                bytes(block.data[start : start + packets.captured[i]]),
            )
    return list(found.values())


@pytest.mark.shared
def test_the_messages_are_those_that_others_see(shared):
    """A repeat is a message for those who look at one packet at a time."""
    told = 0
    for truth in sorted((shared / "corpus/open/truth").rglob("*.json")):
        expected = Counter(
            (m["frame"], m["side"], m["length"])
            for connection in json.loads(truth.read_text())["connections"]
            if connection["protocol"] == "dtls"
            for m in connection["messages"]
        )
        if not expected:
            continue
        capture = shared / "corpus/open" / truth.relative_to(shared / "corpus/open/truth")
        heard = Counter(
            (item.packet, "client" if item.side == dtls.client else "server", item.length)
            for conversation in conversations(capture.with_suffix(""))
            for dtls in conversation.associations()
            for item in dtls.items + dtls.repeats
            if item.content_type == HANDSHAKE
        )
        assert expected == heard, truth.name
        told += 1
    assert told > 5


@pytest.mark.shared
def test_captures_without_dtls_have_none(shared):
    captures = [p for p in (shared / "corpus/nothing").rglob("*") if p.is_file()]
    taken = [p.name for p in captures for c in conversations(p) if c.associations()]

    assert captures
    assert [] == taken

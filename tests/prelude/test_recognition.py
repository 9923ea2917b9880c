"""What holds for all protocols."""

from __future__ import annotations

import random
import time

import pytest

from tlsparse.prelude.foreign import name_speech
from tlsparse.prelude.recognition import PROTOCOLS, read_prelude
from tlsparse.prelude.talk import Turn
from tlsparse.prelude.tds import unwrap

TALKS = [
    [b"S220 mail\r\n", b"CEHLO a\r\n", b"S250-a\r\n250 STARTTLS\r\n", b"CSTARTTLS\r\n", b"S454 no\r\n"],
    [b"S220 ftp\r\n", b"CFEAT\r\n", b"S211-a\r\n AUTH TLS\r\n211 b\r\n", b"CAUTH TLS\r\n", b"S234 y\r\n"],
    [b"S200 news\r\n", b"CCAPABILITIES\r\n", b"S101 a\r\nREADER\r\n.\r\n", b"CQUIT\r\n"],
    [b"S+OK\r\n", b"CCAPA\r\n", b"S+OK\r\nSTLS\r\n.\r\n", b"CSTLS\r\n", b"S-ERR no\r\n"],
    [b"S* OK [CAPABILITY A]\r\n", b"C. STARTTLS\r\n", b"S. BAD no\r\n"],
    [b'S"SIEVE" "a"\r\n"STARTTLS"\r\nOK\r\n', b"CSTARTTLS\r\n", b"SNO\r\n"],
    [b"CNICK a\r\n", b"S:a 001 b :c\r\n", b"CSTARTTLS\r\n", b"S:a 691 b :no\r\n"],
    [b"C<stream:stream xmlns='jabber:client'>", b"S<stream:features></stream:features>"],
    [b"C0\x1d\x02\x01\x01w\x18\x80\x161.3.6.1.4.1.1466.20037", b"S0\x0c\x02\x01\x01x\x07\n\x01\x02\x04\0\x04\0"],
    [b"C\0\0\0\x08\x04\xd2\x16/", b"SE\0\0\0\x15SFATAL\0Mno slots\0\0"],
    [b"S\x1e\0\0\0\x0a8.0\0\0\0\0\0AAAAAAAA\0\xff\xff!\x02\0\0\0\0\0\0\0\0", b"C \0\0\x01\x85\xae" + bytes(30)],
    [b"C\x12\x01\0\x0f\0\0\0\0\x01\0\x06\0\x01\xff\x01", b"S\x04\x01\0\x0f\0\0\0\0\x01\0\x06\0\x01\xff\x02"],
    [b"C\x03\0\0\x13\x0e\xe0" + bytes(5) + b"\x01\0\x08\0\x01\0\0\0",
     b"S\x03\0\0\x13\x0e\xd0" + bytes(5) + b"\x03\0\x08\0\x05\0\0\0"],
    [b"CCONNECT a:25 HTTP/1.1\r\n\r\n", b"SHTTP/1.1 200 OK\r\n\r\n", b"S220 mail\r\n", b"CEHLO a\r\n"],
    [b"C\x04\x01\x01\xbb\0\0\0\x01a\0b\0", b"S\0\x5a\0\0\0\0\0\0"],
    [b"C\x05\x01\x02", b"S\x05\x02", b"C\x01\x01a\x01b", b"S\x01\0", b"C\x05\x01\0\x03\x01a\0\x50", b"S\x05\x05\0\x01"],
    [b"C\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + bytes(12), b"S+OK\r\n"],
]  # fmt: skip


def turns(talk):
    sides = {b"C": "client", b"S": "server"}
    return [Turn(sides[words[:1]], n, n, words[1:]) for n, words in enumerate(talk, start=1)]


@pytest.mark.parametrize("talk", TALKS, ids=lambda talk: repr(talk[0][:12]))
def test_each_talk_is_recognised(talk):
    assert read_prelude(turns(talk))


def test_the_talks_are_of_all_protocols():
    seen = {name for talk in TALKS for name in read_prelude(turns(talk)).protocols}

    assert set(PROTOCOLS) == seen


@pytest.mark.parametrize("talk", TALKS, ids=lambda talk: repr(talk[0][:12]))
def test_a_talk_may_end_anywhere(talk):
    """Cut after each byte, in either direction alone too, nothing is raised, and what is found is one of the table."""
    for end in range(len(talk)):
        for cut in range(1, len(talk[end]) + 1):
            heard = [*talk[:end], talk[end][:cut]]
            for kept in (b"CS", b"C", b"S"):
                some = turns([words for words in heard if words[:1] in kept])
                found = read_prelude(some, closed_by="client")
                assert found is None or found.protocol in {*PROTOCOLS, "lmtp"}


def test_nothing_is_raised_by_bytes_that_were_changed():
    chance = random.Random(4)
    for _ in range(4000):
        talk = [bytearray(words) for words in chance.choice(TALKS)]
        for _ in range(chance.randint(1, 6)):
            words = chance.choice(talk)
            if len(words) > 1:
                words[chance.randrange(1, len(words))] = chance.choice(b"\0\x01\xff\r\n .-5\x80A")
        heard = turns([bytes(words) for words in talk])
        found = read_prelude(heard, closed_by=chance.choice(["client", "server", None]))
        assert found is None or found.protocol in {*PROTOCOLS, "lmtp"}
        for turn in heard:
            unwrap(turn.data)
            name_speech(turn.data)


@pytest.mark.parametrize(
    "repeated",
    [
        b"\n", b"a STARTTLS\n", b"220-", b"220 a\n", b"CONNECT a HTTP/1.1\n", b"HTTP/1.1 200\n", b"<stream:features",
        b"<failure urn:ietf:params:xml:ns:xmpp-tls ", b"<starttls ", b"* CAPABILITY ", b"\x30\x02\x02\x00", b"\0M",
        b"\x12\x01\0\x09\0\0\0\0\0", b"500 ", b"+OK\n", b":a 670 b\n", b"PROXY TCP4 a b 1 2\r\n", b"AUTH \t",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "opening",
    [
        b"",
        b"220 a\r\n",
        b"* OK [CAPABILITY ",
        b"CONNECT a HTTP/1.1\r\n",
        b"HTTP/1.1 200\r\n",
        b"<stream jabber:",
        b"E",
    ],
)
def test_much_of_the_same_takes_no_long_time(opening, repeated):
    flood = opening + repeated * (40_000 // len(repeated))
    begun = time.process_time()

    read_prelude([Turn("client", 1, 1, flood), Turn("server", 2, 2, flood)])
    read_prelude([Turn("server", 1, 1, flood), Turn("client", 2, 2, flood)])
    name_speech(flood)
    unwrap(flood)

    assert time.process_time() - begun < 2


def test_a_greeting_that_fits_two_protocols_is_decided_by_the_port():
    greeting = [Turn("server", 1, 1, b"220 ready\r\n"), Turn("client", 2, 2, b"QUIT\r\n")]

    assert "smtp" == read_prelude(greeting).protocol
    assert "ftp" == read_prelude(greeting, port=21).protocol
    assert "smtp" == read_prelude(greeting, port=587).protocol


def test_what_is_said_counts_more_than_the_port():
    greeting = [Turn("server", 1, 1, b"220 ready\r\n"), Turn("client", 2, 2, b"EHLO a\r\n")]

    assert "smtp" == read_prelude(greeting, port=21).protocol


def test_a_tunnel_within_a_tunnel_is_followed():
    words = [
        b"CPROXY UNKNOWN\r\nCONNECT a:1 HTTP/1.1\r\n\r\n",
        b"SHTTP/1.1 200 OK\r\n\r\n",
        b"C\x05\x01\x00",
        b"S\x05\x00",
        b"C\x05\x01\x00\x03\x01b\x00\x19",
        b"S\x05\x00\x00\x01" + bytes(6),
        b"S220 mail ESMTP\r\n",
    ]

    assert ("proxy", "http_connect", "socks", "smtp") == read_prelude(turns(words)).protocols


def test_silence_and_unknown_words_are_no_prelude():
    assert read_prelude([]) is None
    assert read_prelude([Turn("client", 1, 1, b"\x00\x01\x00\x00\x00\x06\x0a\x01")]) is None
    assert read_prelude([Turn("client", 1, 1, b"GET / HTTP/1.1\r\n\r\n")]) is None

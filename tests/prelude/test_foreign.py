from __future__ import annotations

import pytest

from tlsparse.prelude.foreign import name_speech

SPEECHES = {
    "http": [
        b"HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"<html>\r\n<head><title>400 The plain HTTP request",
    ],
    "http2": [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        bytes.fromhex("00 00 12  04  00  00 00 00 00  00 03 00 00 00 80"),  # SETTINGS
    ],
    "ssh": [b"SSH-2.0-OpenSSH_9.2\r\n"],
    "vnc": [b"RFB 003.008\n"],
    "smtp": [b"220 mail.test ESMTP Postfix\r\n500 5.5.2 Error: bad syntax\r\n", b"EHLO client\r\n"],
    "ftp": [b"220 (vsFTPd 3.0.3)\r\n", b"220 ready\r\n530 Please login with USER and PASS.\r\n"],
    "imap": [b"* OK [CAPABILITY IMAP4rev1] ready\r\n"],
    "pop3": [b"+OK POP3 ready\r\n", b"-ERR\r\n"],
    "redis": [b"-ERR unknown command\r\n", b"*1\r\n$4\r\nPING\r\n"],
    "mysql": [
        bytes.fromhex("4a 00 00 00 0a") + b"8.0.28\0\x18\0\0\0",
        bytes.fromhex("45 00 00 00 ff 6a 04") + b"Host '192.0.2.1' is not allowed",
    ],
    "postgresql": [
        b"E\0\0\0\x30SFATAL\0VFATAL\0C0A000\0Munsupported frontend protocol\0\0",
        bytes.fromhex("00 00 00 08 04 d2 16 2f"),
    ],
    "rdp": [bytes.fromhex("03 00 00 13 0e d0 00 00 12 34 00")],
    "tds": [bytes.fromhex("04 01 00 2b 00 00 01 00")],
    "ldap": [bytes.fromhex("30 0c 02 01 00 78 07 0a 01 02")],
    "xmpp": [b"<?xml version='1.0'?><stream:stream xmlns='jabber:client'>"],
    "garbage": [b"\x07\x08\x09\x0a\x0b", b"hello there\r\n"],
}


@pytest.mark.parametrize(
    ("name", "speech"), [(name, speech) for name, all_of in SPEECHES.items() for speech in all_of]
)
def test_a_tongue_is_known_by_its_first_words(name, speech):
    assert name == name_speech(speech).name


def test_the_first_words_of_http_are_its_status():
    assert "HTTP/1.1 400 Bad Request" == name_speech(SPEECHES["http"][0]).words


def test_the_words_of_a_database_are_its_version_or_its_complaint():
    assert "8.0.28" == name_speech(SPEECHES["mysql"][0]).words
    assert "unsupported frontend protocol" == name_speech(SPEECHES["postgresql"][0]).words


def test_an_echo_is_known_by_what_the_client_sent():
    hello = bytes.fromhex("16 03 01 02 00 01 00 01 fc 03 03") + bytes(range(32))

    assert "echo" == name_speech(hello, hello=hello).name
    assert "garbage" == name_speech(hello[:10], hello=hello).name


def test_the_text_is_safe_to_be_printed():
    speech = name_speech(b"SSH-2.0-\x1b]0;owned\x07\r\n")

    assert r"SSH-2.0-\x1b]0;owned\x07" == speech.words == speech.text


def test_silence_has_no_name():
    assert name_speech(b"") is None

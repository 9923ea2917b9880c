"""What a side spoke where TLS was expected, by its name.

A server that knows nothing of TLS answers a ClientHello in its own tongue, or had greeted before. Most tongues show
in their first line, the others in their first bytes; what shows in neither is garbage. A table of patterns decides,
the first that fits.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tlsparse.prelude.talk import SHOWN, shown

ECHO_BYTES = 16
"""Bytes of a ClientHello that must come back before it is called an echo; header, version and the first of random."""

GARBAGE = "garbage"


class Foreign(NamedTuple):
    """What a side spoke instead of TLS."""

    name: str
    words: str  # its first line, or what its first bytes tell
    text: str  # its beginning, safe to be printed


class _Tongue(NamedTuple):
    name: str
    pattern: re.Pattern[
        bytes
    ]  # matched at the beginning; group 1 is the words to show, if there is one


def _tongue(name: str, pattern: bytes) -> _Tongue:
    return _Tongue(name, re.compile(pattern, re.DOTALL))


TONGUES = (
    # Lines of text
    _tongue("http", rb"(HTTP/[01]\.\d \d{3}[^\r\n]*)"),
    _tongue("http2", rb"(PRI \* HTTP/2\.0)\r\n"),
    _tongue("http", rb"([A-Z]{3,16} \S+ HTTP/[01]\.\d)"),
    _tongue("http", rb"\s*(<(?i:!doctype html|html|head|title)\b[^>\r\n]*>)"),
    _tongue("http", rb"((?:GET|POST|HEAD) /[^\r\n]*)\r?\n"),
    _tongue("rtsp", rb"((?:RTSP/1\.0 \d{3}|[A-Z_]{4,13} \S+ RTSP/1\.0)[^\r\n]*)"),
    _tongue("sip", rb"((?:SIP/2\.0 \d{3}|[A-Z]{3,9} \S+ SIP/2\.0)[^\r\n]*)"),
    _tongue("ssh", rb"(SSH-\d\.\d+-[^\r\n]*)"),
    _tongue("vnc", rb"(RFB \d{3}\.\d{3})"),
    _tongue("imap", rb"(\* (?:OK|BYE|PREAUTH)\b[^\r\n]*)"),
    _tongue("imap", rb"([!-~]{1,32} (?:CAPABILITY|LOGIN|STARTTLS))\b"),
    _tongue("pop3", rb"(\+OK\b(?! ?\r\n[:*$+-])[^\r\n]*)"),
    _tongue("redis", rb"(\+PONG|-(?:ERR|NOAUTH|DENIED|WRONGTYPE|LOADING) [^\r\n]*|\*\d+\r\n\$\d+)"),
    _tongue("pop3", rb"(-ERR\b[^\r\n]*)"),
    _tongue("xmpp", rb"\s*(?:<\?xml[^>]*\?>\s*)?(<(?:[\w.-]+:)?stream[ :][^>]{0,160})"),
    _tongue("sieve", rb'("(?:IMPLEMENTATION|SIEVE|SASL)" [^\r\n]*)'),
    _tongue(
        "irc", rb"(:\S+ (?:NOTICE|\d{3}) [^\r\n]*|NOTICE (?:AUTH|\*) [^\r\n]*|ERROR :[^\r\n]*)"
    ),
    _tongue("irc", rb"((?:NICK|CAP LS)\b[^\r\n]*)"),
    _tongue("ftp", rb"((?:220|421|530)[ -][^\r\n]*(?:FTP|USER and PASS)[^\r\n]*)"),
    _tongue("smtp", rb"((?:220|421|554)[ -][^\r\n]*(?i:smtp|mail|postfix|exim)[^\r\n]*)"),
    _tongue("ftp", rb"(220[ -][^\r\n]*)\r\n.*5(?:00|30) [^\r\n]*(?:USER|login|command)"),
    _tongue("smtp", rb"((?:220|421|554)[ -][^\r\n]*|5\d\d 5\.\d\.\d [^\r\n]*)"),
    _tongue("smtp", rb"((?:EHLO|HELO|LHLO) [^\r\n]*)"),
    _tongue("nntp", rb"((?:200|201) [^\r\n]*)"),
    _tongue("ftp", rb"(5(?:00|02|03|30) [^\r\n]*)"),
    _tongue("memcached", rb"((?:CLIENT_|SERVER_)?ERROR)\b"),
    _tongue("proxy", rb"(PROXY (?:TCP[46]|UNKNOWN)[^\r\n]*)\r\n"),
    # Bytes
    _tongue("http2", rb"\0\0.\x04[\0\x01]\0\0\0\0"),  # SETTINGS on stream 0: RFC 9113 section 3.4
    _tongue("mysql", rb"..\0\0\x0a([\x20-\x7e]{3,60})\0"),
    _tongue("mysql", rb"..\0\0\xff.[\x03-\x13]([\x20-\x7e]{8,})"),
    _tongue("postgresql", rb"E\0\0..S(?:ERROR|FATAL|PANIC)\0.*?\0M([^\0]+)\0"),
    _tongue("postgresql", rb"E((?:ERROR|FATAL)[^\0\n]*)[\0\n]"),
    _tongue("postgresql", rb"(?:[SN]$|\0\0\0\x08\x04\xd2\x16[\x2f\x30]|R\0\0\0.\0\0\0)"),
    _tongue("rdp", rb"\x03\0\0.[\x06-\xff][\xd0\xe0]"),
    _tongue("tds", rb"[\x04\x12]\x01..\0[\0-\xff][\0-\x02]\0"),
    _tongue("ldap", rb"\x30(?:[\x05-\x7f]|\x81.|\x82..|\x84....)\x02[\x01-\x04]"),
    _tongue("smb", rb"\0...[\xfe\xff](SMB)"),
    _tongue("amqp", rb"(AMQP)[\0-\x03]"),
    _tongue("socks", rb"\x05[\0\x01\x02\xff]$|\0[\x5a-\x5d].{6}$"),
    _tongue("telnet", rb"(?:\xff[\xfb-\xfe].){1,}"),
    _tongue("bittorrent", rb"\x13(BitTorrent protocol)"),
    _tongue("x11", rb"\0.\x0b\0\0\0"),
    _tongue("mqtt", rb"\x10.\0[\x04\x06](MQTT|MQIsdp)|\x20\x02[\0\x01][\0-\x05]$"),
)


def name_speech(data: bytes, *, hello: bytes = b"") -> Foreign | None:
    """Name what a side spoke instead of TLS.

    Parameters
    ----------
    data
        Its first bytes; for a server, those that came after the ClientHello, and its greeting before that.
    hello
        The first bytes of what the other side sent, to know an echo of them.

    Returns
    -------
    Foreign or None
        None if nothing was said.
    """
    if not data:
        return None
    head = data[:2048]
    if len(hello) >= ECHO_BYTES and head[:ECHO_BYTES] == hello[:ECHO_BYTES]:
        return Foreign("echo", "the ClientHello itself", "")
    for tongue in TONGUES:
        found = tongue.pattern.match(head)
        if found:
            words = found[1] if tongue.pattern.groups and found[1] else b""
            return Foreign(tongue.name, shown(words), shown(head[:SHOWN]))
    return Foreign(GARBAGE, _first_line(head), shown(head[:SHOWN]))


def _first_line(head: bytes) -> str:
    """Return the first line, if it is a line of text."""
    line = head.partition(b"\n")[0].rstrip(b"\r")
    return shown(line) if line.isascii() and line.decode("ascii").isprintable() else ""

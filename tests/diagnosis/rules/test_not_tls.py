"""What was spoken in place of TLS is named and quoted."""

from __future__ import annotations

from dataclasses import replace

import pytest

import tlsparse
from tlsparse.diagnosis.rules.not_tls import not_tls
from tlsparse.handshake.handshake import Handshake
from tlsparse.prelude.foreign import name_speech


def only(path):
    ((_, handshake),) = tlsparse.read(path).contents.each()
    return handshake


@pytest.mark.parametrize(
    "name, cause, words",
    [
        (
            "plain_http_server",
            "protocol.server_not_tls",
            "that is not TLS: HTTP (HTTP/1.1 400 Bad Request).",
        ),
        ("plain_http_client", "protocol.client_not_tls", "on port 443: HTTP (GET / HTTP/1.0)."),
        (
            "plain_http_client_gnutls",
            "protocol.client_not_tls",
            "on port 443: HTTP (GET / HTTP/1.0).",
        ),
    ],
)
def test_what_was_spoken_is_named(captures, name, cause, words):
    (finding,) = not_tls(only(captures / f"{name}.pcap"))

    assert cause == finding.cause
    assert words in str(finding.summary)


@pytest.mark.parametrize(
    "script, packets",
    [
        ("C client_hello\n S text:HTTP/1.1_400_Bad_Request\n S text:<html>\n C fin", (4, 5)),
        # its greeting is no answer
        ("S text:220_mail.test\n C client_hello\n S text:500_What?\n C fin", (5, 6)),
        # an echo, and what the client says of it
        ("C client_hello\n S client_hello\n C alert:fatal:unexpected_message", (4, 5, 6)),
    ],
    ids=["http", "smtp", "echo"],
)
def test_the_answer_of_the_server_is_evidence(handshake, script, packets):
    (finding,) = not_tls(handshake(script))

    assert ("protocol.server_not_tls", packets) == (finding.cause, finding.packets)


@pytest.mark.parametrize("end", ["C fin", "C rst", "C alert:fatal:decode_error fin", "+9"])
def test_a_greeting_before_the_hello_is_as_good_as_an_answer(handshake, end):
    """At the server it comes before the hello, at a client far away after it."""
    (finding,) = not_tls(handshake(f"S text:SSH-2.0-OpenSSH_9.2\n C client_hello\n {end}"))

    assert "protocol.server_not_tls" == finding.cause
    assert "before the ClientHello (packet 5) came, and not TLS: SSH" in str(finding.summary)
    assert (4, 5) == finding.packets[:2]


def test_an_answer_before_the_whole_hello_was_sent_is_evidence(handshake, hello):
    """A server that knows only HTTP has seen enough after the first of two segments."""
    data = hello(padding=1500).removeprefix("hex:")
    script = f"C hex:{data[:2000]}\n S text:HTTP/1.1_400_No\n C hex:{data[2000:]}\n C fin"
    (finding,) = not_tls(handshake(script))

    assert 5 in finding.packets


@pytest.mark.parametrize(
    "name", ["tls13", "starttls_refused_imap", "proxy_refused", "closed_on_connect"]
)
def test_where_tls_was_spoken_or_refused_in_words_nothing_is_said(captures, name):
    assert [] == list(not_tls(only(captures / f"{name}.pcap")))


@pytest.mark.parametrize(
    "spoken, name, advice",
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n", "SSH (SSH-2.0-OpenSSH_9.2)", "An SSH server listens"),
        (b"220 mail.test ESMTP Postfix\r\n", "SMTP (220 mail.test", "use STARTTLS here"),
        (b"* OK ready\r\n", "IMAP (* OK ready)", "from the first byte, 993"),
        (b"\x00\x01\x02\x03", "bytes of no known protocol", "Connect to the port"),
        (b"SSH-2.0-\x1b[31m{0}\r\n", "{0}", "An SSH server listens"),
    ],
)
def test_the_advice_depends_on_what_a_server_spoke(captures, spoken, name, advice):
    handshake = only(captures / "plain_http_server.pcap")
    handshake.foreign = {"server": name_speech(spoken)}

    (finding,) = not_tls(handshake)

    assert name in str(finding.summary)
    assert advice in str(finding.fix)
    assert "\x1b" not in str(finding.summary)


def test_an_echo_is_no_tls_though_it_looks_like_it(findings):
    (finding,) = findings("C client_hello\n S client_hello\n C alert:fatal:unexpected_message fin")

    assert ("protocol.server_not_tls", "server_hello") == (finding.cause, finding.step)
    assert "the ClientHello itself, sent back" in str(finding.summary)


def test_after_a_grant_it_is_what_came_after_the_hello_that_is_named(findings):
    """The +OK before it was right."""
    yes, strange = b"+OK\r\n".hex(), b"SSH-2.0-x\r\n".hex()
    (finding,) = findings(
        f"S hex:{yes}\n C text:STLS\n S hex:{yes}\n C client_hello\n S hex:{strange}"
    )

    assert "SSH (SSH-2.0-x)" in str(finding.summary)


def test_two_who_understand_each_other_meant_no_tls(captures):
    handshake = only(captures / "plain_http_client.pcap")
    ssh = name_speech(b"SSH-2.0-OpenSSH_9.2\r\n")
    handshake.foreign = {"client": ssh, "server": ssh}

    (finding,) = not_tls(handshake)

    assert ("protocol.client_not_tls", "note") == (finding.cause, finding.severity)


def test_only_a_client_of_http_is_told_of_https(captures):
    handshake = only(captures / "plain_http_client.pcap")
    handshake.foreign = {"client": name_speech(b"SSH-2.0-OpenSSH_9.2\r\n")}

    (finding,) = not_tls(handshake)

    assert "http" not in str(finding.fix)


def test_an_echo_over_udp_has_no_stream_to_be_looked_into(captures):
    told = only(captures / "dtls12.pcap")
    echo = replace(told.first("client_hello"), sender="server")
    echoed = Handshake(told.flow, told.speech, told.line, [*told.events, echo])

    assert ["protocol.server_not_tls"] == [finding.cause for finding in not_tls(echoed)]

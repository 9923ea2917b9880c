"""Who is the client, and where TLS begins."""

from __future__ import annotations

import time

import pytest

from tlsparse.flow.flow import Endpoint
from tlsparse.flow.streams import Segment, assemble
from tlsparse.handshake.speech import is_usual, listen


@pytest.mark.parametrize("swapped", [False, True], ids=["client is A", "client is B"])
def test_the_client_is_who_sent_the_client_hello(flow, swapped):
    speech = listen(flow("C client_hello\n S server_hello", swapped=swapped))

    assert (int(swapped), 0, 0) == (speech.client, speech.client_begin, speech.server_begin)
    assert speech.tls


def test_the_client_hello_counts_for_more_than_the_syn(flow):
    """As after FTP's PORT, where the server opens the connection."""
    speech = listen(flow("C syn\n S syn_ack\n S client_hello\n C server_hello", opened=False))

    assert 1 == speech.client


@pytest.mark.parametrize("swapped", [False, True], ids=["client is A", "client is B"])
def test_a_server_that_echoes_the_client_hello_is_no_client(flow, swapped):
    """An echo service is a server that does not speak TLS."""
    speech = listen(flow("C client_hello\n S client_hello", swapped=swapped))

    assert int(swapped) == speech.client


def test_tls_begins_after_what_was_said_before(flow):
    """A greeting of 11 bytes, a request of 10, an answer of 8."""
    speech = listen(
        flow("S text:220_ready\n C text:STARTTLS\n S text:220_go\n C client_hello\n S server_hello")
    )

    assert (0, 10, 19) == (speech.client, speech.client_begin, speech.server_begin)


def test_a_server_that_answers_in_another_tongue_has_no_beginning(flow):
    speech = listen(flow("C client_hello\n S text:HTTP/1.1"))

    assert speech.client_begin == 0
    assert speech.server_begin is None
    assert speech.tls


def test_where_nobody_speaks_tls_there_is_no_beginning(flow):
    speech = listen(flow("C text:GET\n S text:HTTP/1.1"))

    assert (None, None, False) == (speech.client_begin, speech.server_begin, speech.tls)


def test_the_answer_may_stand_before_the_question(flow):
    """Two network cards, two queues: the capture has the ServerHello first."""
    speech = listen(flow("S server_hello\n C client_hello"))

    assert (0, 0, 0) == (speech.client, speech.client_begin, speech.server_begin)


@pytest.mark.parametrize("swapped", [False, True], ids=["client is A", "client is B"])
def test_who_sent_a_server_hello_is_the_server(flow, swapped):
    speech = listen(flow("S server_hello\n C client_key_exchange", opened=False, swapped=swapped))

    assert int(swapped) == speech.client


def test_without_hellos_who_sent_the_syn_is_the_client(flow):
    assert 1 == listen(flow("C syn\n S syn_ack", opened=False, swapped=True)).client


@pytest.mark.parametrize("swapped", [False, True], ids=["client is A", "client is B"])
def test_in_the_middle_of_a_connection_the_usual_port_is_the_server(flow, swapped):
    assert (
        int(swapped)
        == listen(flow("C data:100\n S data:200", opened=False, swapped=swapped)).client
    )


@pytest.mark.parametrize("ports, client", [((50000, 51000), 1), ((51000, 50000), 0)])
def test_of_two_unusual_ports_the_higher_is_the_client(flow, ports, client):
    talk = flow("C data:100\n S data:200", opened=False)
    talk.endpoints = tuple(
        Endpoint(e.ip, port) for e, port in zip(talk.endpoints, ports, strict=True)
    )

    assert client == listen(talk).client


def test_a_hello_in_the_form_of_ssl2_is_heard(flow):
    hello = "801c" + "01" + "0301" + "0003" + "0000" + "0010" + "000035" + "ab" * 16
    speech = listen(flow(f"C hex:{hello}\n S server_hello"))

    assert (0, 0, 0, True) == (speech.client, speech.client_begin, speech.server_begin, speech.ssl2)


def test_without_any_payload_nobody_speaks(flow):
    assert not listen(flow("")).tls


@pytest.mark.parametrize("port", [443, 465, 636, 853, 993, 995, 4443, 6443, 8443, 8883])
def test_tls_is_usual_on_the_ports_of_the_contract(port):
    assert is_usual(Endpoint("192.0.2.1", port))


@pytest.mark.parametrize("port", [22, 25, 80, 50000])
def test_tls_is_not_usual_elsewhere(port):
    assert not is_usual(Endpoint("192.0.2.1", port))


@pytest.mark.parametrize("hole", [0, 1], ids=["whole", "a hole before each segment"])
def test_a_long_stream_is_listened_to_in_linear_time(flow, hole):
    """A side may keep a megabyte in segments of a few bytes, none of which begins a record."""
    talk = flow("C text:GET")
    body = b"\x16\x03\x03\x40\x00" * 4
    step = len(body) + hole
    segments = [
        Segment(4 + i, talk.end_ns, 16, 1 + i * step, len(body), len(body), 0, body)
        for i in range(25_000)
    ]
    talk.streams = (talk.streams[0], assemble(segments, 0))
    begun = time.process_time()

    assert not listen(talk).tls
    assert 2 > time.process_time() - begun


# --- What was said before TLS -----------------------------------------------------------------------------------------


def say(*lines: str) -> str:
    """Lines of text as a word of the script."""
    return "hex:" + "".join(f"{line}\r\n" for line in lines).encode().hex()


SMTP = f"""
    S {say("220 mail.test ESMTP")}
    C {say("EHLO me")}
    S {say("250-mail.test", "250 STARTTLS")}
    C {say("STARTTLS")}
"""


@pytest.mark.parametrize("swapped", [False, True], ids=["client is A", "client is B"])
def test_what_was_said_before_tls_is_the_prelude(flow, swapped):
    script = f"{SMTP} S {say('220 go on')}\n C client_hello\n S server_hello"

    prelude = listen(flow(script, swapped=swapped)).prelude

    assert ("smtp", "STARTTLS", True) == (prelude.protocol, prelude.request, prelude.advertised)
    assert (7, 8) == (prelude.asked.packet, prelude.granted.packet)


def test_a_client_hello_at_once_has_no_prelude_though_the_server_had_greeted(flow):
    """A client of implicit TLS on the port for STARTTLS."""
    assert listen(flow(f"S {say('220 mail.test ESMTP')}\n C client_hello")).prelude is None


@pytest.mark.parametrize(
    "script",
    [
        "",
        "C client_hello\n S server_hello",
        f"C {say('GET / HTTP/1.1', '')}\n S {say('HTTP/1.1 200 OK', '')}",
        f"S {say('SSH-2.0-x')}\n C {say('SSH-2.0-y')}",
        "C hex:00010203\n S hex:04050607",
    ],
)
def test_without_words_that_are_known_there_is_no_prelude(flow, script):
    speech = listen(flow(script))

    assert speech.prelude is None
    assert not speech.sought_tls


def test_what_comes_after_a_hole_is_not_taken_for_an_answer(flow):
    """The 220 is lost; the 454 after it answers something else."""
    script = f"{SMTP} S lost {say('220 go on')}\n S {say('454 no')}"

    prelude = listen(flow(script)).prelude

    assert prelude.asked is not None
    assert prelude.refused is None


@pytest.mark.parametrize(
    "script, sought",
    [
        (SMTP, True),
        (f"{SMTP} S {say('454 no')}", True),
        (
            f"S {say('220 a ESMTP')}\n C {say('EHLO me')}\n S {say('250 a')}\n C {say('MAIL FROM:<a@b>')}",
            False,
        ),
        (f"C {say('CONNECT a.test:443 HTTP/1.1', '')}\n S {say('HTTP/1.1 403 No', '')}", True),
        (f"C {say('CONNECT a.test:25 HTTP/1.1', '')}\n S {say('HTTP/1.1 403 No', '')}", True),
        (f"C {say('CONNECT a.test:25 HTTP/1.1', '')}\n S {say('HTTP/1.1 200 OK', '')}", False),
        ("C hex:050100\n S hex:0500\n C hex:0501000302612e01bb\n S hex:05050001000000000000", True),
        (
            "C hex:050100\n S hex:0500\n C hex:0501000302612e0050\n S hex:05050001000000000000",
            False,
        ),
    ],
)
def test_tls_was_sought_where_it_was_asked_for_or_a_tunnel_to_it(flow, script, sought):
    assert sought == listen(flow(script)).sought_tls


def connect(target: str) -> str:
    return f"C {say(f'CONNECT {target} HTTP/1.1', '')}\n"


GRANTED = f"S {say('HTTP/1.1 200 OK', '')}\n"
SOCKS_5 = "C hex:050100\n S hex:0500\n C hex:0501000306612e7465737401bb\n"  # to a.test:443
SOCKS_5_GRANTED = "S hex:05000001000000000000\n"
SOCKS_4 = "C hex:040101bbc633640100\n S hex:005a000000000000\n"  # to 198.51.100.1:443
HELLO = "C client_hello\n S server_hello"


@pytest.mark.parametrize(
    "script, target",
    [
        (HELLO, None),
        (connect("a.test:443") + GRANTED + HELLO, Endpoint("a.test", 443)),
        (connect("[2001:db8::1]:443") + GRANTED + HELLO, Endpoint("2001:db8::1", 443)),
        (SOCKS_5 + SOCKS_5_GRANTED + HELLO, Endpoint("a.test", 443)),
        (SOCKS_4 + HELLO, Endpoint("198.51.100.1", 443)),
        (connect("a.test:25") + GRANTED + SMTP + f"S {say('220 go')}\n", Endpoint("a.test", 25)),
        # one within another: the innermost leads to the server
        (
            connect("proxy.test:3128") + GRANTED + connect("a.test:443") + GRANTED + HELLO,
            Endpoint("a.test", 443),
        ),
        # not (yet) open: it is the proxy that is spoken with
        (connect("a.test:443"), None),
        (connect("a.test:443") + f"S {say('HTTP/1.1 403 No', '')}\n", None),
        # only the client's side: it would not speak TLS if the tunnel had not opened
        (connect("a.test:443") + "C client_hello", Endpoint("a.test", 443)),
        # a load balancer that says for whom it speaks is itself the client of the server
        (f"C {say('PROXY TCP4 192.0.2.7 198.51.100.1 5000 443')}\n" + HELLO, None),
        # nothing that may go into a command
        (connect("a.test;reboot:443") + GRANTED + HELLO, None),
        (connect("$(reboot):443") + GRANTED + HELLO, None),
        (connect("-a.test:443") + GRANTED + HELLO, None),
        (connect("a.test:99999") + GRANTED + HELLO, None),
        (connect("a.test") + GRANTED + HELLO, None),
        (connect("[a]:443") + GRANTED + HELLO, None),
    ],
)
def test_a_tunnel_leads_to_its_target(flow, script, target):
    assert target == listen(flow(script)).target


TDS_OFFER = "hex:12 01 00 10 00000000  01 00 06 00 01 ff 01 00".replace(" ", "")


def tds(body: bytes) -> str:
    return "hex:" + (bytes((0x12, 1)) + (8 + len(body)).to_bytes(2, "big") + bytes(4) + body).hex()


def test_tls_inside_tds_begins_with_its_first_record(flow, play):
    hello = play("C client_hello").segments[0][-1].data
    answer = play("S server_hello").segments[1][-1].data

    speech = listen(
        flow(
            f"C {TDS_OFFER}\n S {TDS_OFFER.replace(':12', ':04')}\n C {tds(hello)}\n S {tds(answer)}"
        )
    )

    assert ("mssql", 0, 0) == (speech.prelude.protocol, speech.client_begin, speech.server_begin)
    assert hello == speech.inside[0].runs[0].data

"""RFC 9110 section 9.3.6."""

from __future__ import annotations

CONNECT = b"CONNECT www.test:443 HTTP/1.1\r\nHost: www.test:443\r\n\r\n"
OPENED = b"HTTP/1.1 200 Connection established\r\nVia: 1.1 proxy\r\n\r\n"


def test_a_tunnel_is_opened_to_its_target(mixed):
    prelude = mixed(("C", CONNECT), ("S", OPENED))

    assert ("http_connect", "www.test:443") == (prelude.protocol, prelude.target)
    assert "CONNECT www.test:443 HTTP/1.1" == prelude.request
    assert (4, 5) == (prelude.asked.packet, prelude.granted.packet)
    assert (len(CONNECT), len(OPENED)) == prelude.opened


def test_any_other_status_is_a_refusal(mixed):
    prelude = mixed(
        ("C", CONNECT), ("S", b"HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nno!\n")
    )

    assert ("refused", "403", "HTTP/1.1 403 Forbidden") == (
        prelude.refused.kind,
        prelude.refused.code,
        prelude.refused.words,
    )
    assert prelude.opened is None


def test_a_client_may_ask_again_with_a_password_which_is_not_kept_as_text(mixed):
    again = CONNECT[:-2] + b"Proxy-Authorization: Basic c2VjcmV0\r\n\r\n"
    needed = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"

    prelude = mixed(("C", CONNECT), ("S", needed), ("C", again), ("S", OPENED))

    assert (6, 7) == (prelude.asked.packet, prelude.granted.packet)
    assert prelude.refused is None
    assert "c2VjcmV0" not in prelude.request


def test_a_repeated_question_without_an_answer_is_not_refused_yet(mixed):
    needed = b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"

    assert mixed(("C", CONNECT), ("S", needed), ("C", CONNECT)).refused is None


def test_what_goes_through_the_tunnel_is_read_too(mixed):
    prelude = mixed(
        ("C", CONNECT.replace(b"443", b"25")),
        ("S", OPENED),
        ("S", b"220 mail.test ESMTP\r\n"),
        ("C", b"EHLO a\r\n"),
        ("S", b"250 STARTTLS\r\n"),
        ("C", b"STARTTLS\r\n"),
        ("S", b"454 4.7.0 not now\r\n"),
    )

    assert ("http_connect", "smtp") == prelude.protocols
    assert ("smtp", "454") == (prelude.protocol, prelude.refused.code)
    assert prelude.through.granted


def test_other_methods_open_no_tunnel(said):
    assert said("C: GET http://www.test/ HTTP/1.1\n C: \n S: HTTP/1.1 200 OK") is None

"""PostgreSQL, "Message Flow": SSL Session Encryption."""

from __future__ import annotations

REQUEST = "C: 00 00 00 08  04 d2 16 2f  # SSLRequest\n"
STARTUP = "C: 00 00 00 0e  00 03 00 00  75 73 65 72 00 00  # user\n"


def test_s_grants(sent):
    prelude = sent(REQUEST + "S: 53")

    assert ("postgresql", "SSLRequest") == (prelude.protocol, prelude.request)
    assert (4, 5) == (prelude.asked.packet, prelude.granted.packet)


def test_n_refuses(sent):
    prelude = sent(REQUEST + "S: 4e")

    assert ("refused", "N") == (prelude.refused.kind, prelude.refused.code)
    assert not prelude.went_on


def test_a_client_that_prefers_tls_goes_on_without(sent):
    prelude = sent(REQUEST + "S: 4e\n" + STARTUP)

    assert prelude.refused
    assert prelude.went_on


def test_an_error_refuses_in_words(sent):
    prelude = sent(
        REQUEST
        + "S: 45 00 00 00 15  53 46 41 54 41 4c 00  4d 6e 6f 20 73 6c 6f 74 73 00 00  # FATAL, no slots"
    )

    assert ("E", "no slots") == (prelude.refused.code, prelude.refused.words)


def test_gssapi_may_be_asked_for_first(sent):
    prelude = sent("C: 00 00 00 08  04 d2 16 30  # GSSENCRequest\n S: 4e\n" + REQUEST + "S: 53")

    assert (6, 7) == (prelude.asked.packet, prelude.granted.packet)


def test_a_startup_message_asks_for_no_tls(sent):
    prelude = sent(STARTUP + "S: 52 00 00 00 08 00 00 00 00  # AuthenticationOk")

    assert ("postgresql", None, None) == (prelude.protocol, prelude.asked, prelude.refused)
    assert prelude.went_on


def test_http_at_the_port_is_not_postgresql(said):
    assert said("C: GET / HTTP/1.1", port=5432) is None

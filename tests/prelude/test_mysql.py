"""MySQL, "Connection Phase"."""

from __future__ import annotations

GREETING = """
    S: 1e 00 00  00  0a  38 2e 30 00  07 00 00 00  41 41 41 41 41 41 41 41  00  {}  21  02 00  00 00 00 00 00 00 00
"""
WITH_SSL = GREETING.format("ff ff")
WITHOUT_SSL = GREETING.format("ff f7")
SSL_REQUEST = (
    "C: 20 00 00  01  85 ae ff 20  00 00 00 01  21"
    + " 00" * 23
    + "  # CLIENT_SSL among the capabilities\n"
)
LOGIN = (
    "C: 22 00 00  01  85 a6 ff 20  00 00 00 01  21"
    + " 00" * 23
    + " 61 00  # without CLIENT_SSL, user a\n"
)


def test_a_client_picks_ssl_from_the_capabilities(sent):
    prelude = sent(WITH_SSL + SSL_REQUEST)

    assert ("mysql", "8.0") == (prelude.protocol, prelude.greeting)
    assert (True, 5) == (prelude.advertised, prelude.asked.packet)
    assert prelude.refused is None


def test_a_client_that_leaves_a_server_without_ssl_was_refused(sent):
    refused = sent(WITHOUT_SSL, closed_by="client").refused

    assert ("server", "not_advertised", 4) == (refused.side, refused.kind, refused.turn.packet)
    assert "8.0: capabilities without CLIENT_SSL" == refused.words


def test_a_client_that_leaves_a_server_with_ssl_was_not_refused(sent):
    assert sent(WITH_SSL, closed_by="client").refused is None
    assert sent(WITHOUT_SSL, closed_by="server").refused is None


def test_a_login_in_plain_is_no_refusal(sent):
    prelude = sent(WITHOUT_SSL + LOGIN, closed_by="client")

    assert prelude.went_on
    assert prelude.asked is None
    assert prelude.refused is None


def test_a_request_that_the_server_never_offered_is_refused(sent):
    assert "not_advertised" == sent(WITHOUT_SSL + SSL_REQUEST).refused.kind


def test_an_error_after_the_request_refuses_it(sent):
    error = "S: 0a 00 00 02  ff 13 04  62 61 64 20 6f 6e 65  # 1043: bad one"

    refused = sent(WITH_SSL + SSL_REQUEST + error).refused

    assert ("ERR", "1043 bad one") == (refused.code, refused.words)


def test_a_server_that_begins_with_an_error_is_known(sent):
    prelude = sent("S: 0b 00 00 00  ff 6a 04  4e 6f 74 20 79 6f 75 21  # 1130")

    assert ("mysql", "1130 Not you!") == (prelude.protocol, prelude.greeting)

"""All handshakes with one server fail, whoever the client is."""

from __future__ import annotations


def test_a_server_that_fails_for_two_clients_is_named(cases, seen):
    (pattern,) = seen(cases("one_server_fails"))

    assert (2, 3, 4, 5) == pattern.handshakes
    assert "server" == pattern.side
    assert "All 4 handshakes with 192.0.2.80:8443 failed." in str(pattern.summary)
    assert "with other servers handshakes of 192.0.2.10, 192.0.2.11 completed" in str(
        pattern.summary
    )


def test_it_is_less_sure_where_the_clients_complete_nowhere(cases, seen):
    judged = cases("one_server_fails")

    (sure,), (doubtful,) = seen(judged), seen(judged[2:])

    assert doubtful.confidence < sure.confidence
    assert "other servers" not in str(doubtful.summary)


def test_one_client_alone_says_nothing_of_the_server(cases, seen, moved):
    assert [] == seen(moved(case, client="192.0.2.10") for case in cases("one_server_fails"))


def test_one_success_acquits_the_server(cases, seen):
    assert [] == seen(cases("one_client_fails"))


def test_clients_that_never_spoke_tls_do_not_count(cases, seen, moved):
    """As those of a port scan."""
    (scan,) = cases("plain_http_client")

    assert [] == seen(moved(scan, client=f"192.0.2.{n}") for n in range(5))

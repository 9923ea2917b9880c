"""RFC 5804."""

from __future__ import annotations

GREETING = """
    S: "IMPLEMENTATION" "Example1 ManageSieved v001"
    S: "SASL" "PLAIN"
    S: {}
    S: OK
"""


def test_starttls_is_granted_by_ok(said):
    prelude = said(GREETING.format('"STARTTLS"') + 'C: STARTTLS\n S: OK "Begin TLS negotiation."')

    assert "sieve" == prelude.protocol
    assert prelude.advertised
    assert prelude.granted.packet == 9


def test_a_refusal_is_kept(said):
    refused = said(GREETING.format('"STARTTLS"') + 'C: STARTTLS\n S: NO "no certificate"').refused

    assert ("NO", 'NO "no certificate"') == (refused.code, refused.words)


def test_a_client_that_leaves_over_the_list_was_refused(said):
    prelude = said(GREETING.format('"NOTIFY" "mailto"'), closed_by="client")

    assert "not_advertised" == prelude.refused.kind

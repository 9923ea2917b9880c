"""RFC 6120 section 5.4."""

from __future__ import annotations

OPEN = """
    C: <?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>
    S: <stream:stream xmlns='jabber:client' id='1'><stream:features>{}</stream:features>
"""
OFFER = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>"
OTHERS = "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"
FAILURE = "<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:stream>"


def test_starttls_is_granted_by_proceed(said):
    prelude = said(
        OPEN.format(OFFER)
        + "C: <starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>\n"
        + "S: <proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
    )

    assert "xmpp" == prelude.protocol
    assert prelude.advertised
    assert (6, 7) == (prelude.asked.packet, prelude.granted.packet)


def test_a_failure_is_a_refusal(said):
    prelude = said(OPEN.format(OFFER) + "C: <starttls xmlns='x'/>\n S: " + FAILURE)

    assert ("refused", "failure") == (prelude.refused.kind, prelude.refused.code)
    assert prelude.granted is None


def test_a_client_that_leaves_over_the_features_was_refused(said):
    assert "not_advertised" == said(OPEN.format(OTHERS), closed_by="client").refused.kind
    assert said(OPEN.format(OTHERS)).refused is None
    assert said(OPEN.format(OFFER), closed_by="client").refused is None


def test_a_login_in_plain_is_no_refusal(said):
    prelude = said(
        OPEN.format(OTHERS) + "C: <auth mechanism='PLAIN'>AGE=</auth>", closed_by="client"
    )

    assert prelude.went_on
    assert prelude.refused is None


def test_a_failed_login_is_no_refusal_of_tls(said):
    prelude = said(
        OPEN.format(OTHERS)
        + "C: <auth mechanism='PLAIN'>AGE=</auth>\n"
        + "S: <failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>"
    )

    assert prelude.refused is None

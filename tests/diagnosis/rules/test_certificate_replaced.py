from __future__ import annotations

import pytest

from tlsparse.diagnosis.rules.certificate_replaced import certificate_replaced

SHOWN = "C client_hello\n S server_hello "
DONE = " server_key_exchange server_hello_done\n"
THROUGH = DONE + "C client_key_exchange ccs finished:40\n S ccs finished:40\n C data:50\n S data:50"
REFUSED = DONE + "C alert:fatal:unknown_ca"


def test_a_chain_of_another_authority_than_others_saw(findings):
    (finding,) = findings(capture="inspected_tls12.pcap", number=1)

    assert ("certificate.untrusted.interception", "network") == (finding.cause, finding.side)
    assert "issued by CN=Test SSL Inspection Root (packet 21)" in str(finding.summary)
    assert "issued by CN=Test Intermediate for the same name" in str(finding.summary)


@pytest.fixture
def say(handshake, chain, introduce):
    """Return what is said of a client that refuses one chain, where another accepted another one."""

    def found(accepted, refused):
        second = handshake(SHOWN + chain(*refused) + REFUSED)
        introduce([handshake(SHOWN + chain(*accepted) + THROUGH), second])
        return list(certificate_replaced(second))

    return found


def test_one_that_signed_itself_is_more_like_another_server(say, authority):
    usual, other = authority("Usual Root"), authority("Other Root")
    mine = {"authority": False, "names": ("server.test",)}
    served = authority("leaf", usual, **mine), usual
    (replaced,) = say(served, (authority("leaf", other, **mine), other))
    (alone,) = say(served, (authority("leaf", **mine),))

    assert alone.confidence < replaced.confidence


def test_the_same_chain_and_a_renewed_one_are_not_replaced(say, authority):
    root = authority("Usual Root")
    one, two = (authority("leaf", root, authority=False, names=("server.test",)) for _ in range(2))

    assert [] == say((one, root), (one, root))
    assert [] == say((one, root), (two, root))


def test_alone_nothing_is_known(findings):
    assert [] == findings(capture="unknown_ca_tls12.pcap")

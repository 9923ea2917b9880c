"""What of an offer may have been missing: what somebody cut short, and what the server chose elsewhere."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tlsparse.handshake.offer import MISSING, NARROW, SHARED, USUAL, named, real, suspects
from tlsparse.tls.codes import CipherSuite, NamedGroup


def test_nothing_that_cannot_be_chosen_is_real():
    """GREASE and the two signals are in the list only to be ignored, or to say something else."""
    codes = map(CipherSuite, (0x0A0A, 0x1301, 0x00FF, 0x5600))

    assert (CipherSuite(0x1301),) == real(codes)


def test_equal_numbers_of_two_registries_keep_their_names():
    suites, groups = real((CipherSuite(0x0017),)), real((NamedGroup(0x0017),))

    assert ("TLS_DH_anon_EXPORT_WITH_RC4_40_MD5", "secp256r1") == (named(suites), named(groups))


def test_of_a_long_list_the_first_are_named():
    suites = tuple(map(CipherSuite, range(0x1301, 0x1307)))

    assert named(suites).startswith("TLS_AES_128_GCM_SHA256, ")
    assert named(suites).endswith(" (+2)")


def test_without_a_hello_nothing_is_suspected(handshake):
    assert {} == suspects(handshake("S rst"))


def test_the_suites_are_suspected_where_nothing_tells(handshake):
    assert "cipher_suite" == max(USUAL, key=lambda kind: USUAL[kind])


@pytest.mark.parametrize("wanted, confidence", [(0xC02F, SHARED), (0xC02B, MISSING)])
def test_what_the_server_chose_for_another_is_asked_for_here(
    handshake, tls12, wanted, confidence, introduce
):
    """The hello of the script offers 0xc02f; its server chose what is `wanted` for another client."""
    accepted = handshake(tls12)
    failed = handshake("C client_hello\n S alert:fatal:handshake_failure")
    introduce([accepted, failed])
    (precedent,) = failed.precedents
    choice = replace(precedent.choice, cipher_suite=CipherSuite(wanted))
    version = failed.client_hello.versions[0]
    assert version != choice.version  # the hello may have more than the server chose
    failed.precedents = (precedent._replace(choice=choice, group=NamedGroup.x25519),)

    assert confidence == suspects(failed)["cipher_suite"]


def test_only_failures_have_precedents(handshake, tls12, introduce):
    accepted, other = handshake(tls12), handshake(tls12)
    introduce([accepted, other])

    assert () == accepted.precedents


def test_a_short_list_of_suites_is_narrow(handshake):
    """The hello of the script offers three suites, one of them of TLS 1.3."""
    failed = handshake("C client_hello\n S alert:fatal:handshake_failure")

    assert NARROW == suspects(failed)["cipher_suite"]

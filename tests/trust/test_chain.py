"""Chains with one fault, with several, and with what only looks like one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID as Usage

from tlsparse.trust.chain import GRAVITY, MOST, judge_chain, second_opinion
from tlsparse.trust.roots import Roots, default_roots

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
UNKNOWN_OID = x509.ObjectIdentifier("1.3.6.1.4.1.99999.1")


def test_a_chain_to_a_known_root_has_no_fault(judge, certificate, ca):
    verdict = judge(certificate("www", ca.intermediate), ca.intermediate)

    assert ((), True, True) == (verdict.faults, verdict.anchored, verdict.complete)
    assert ["CN=www", "CN=Known Intermediate", "CN=Known Root"] == [c.subject for c in verdict.path]


def test_a_root_that_is_sent_too_is_no_fault(kinds, certificate, ca):
    assert [] == kinds(certificate("www", ca.intermediate), ca.intermediate, ca.root)


def test_who_gives_no_roots_trusts_none():
    """The public list is for those who give no list, and not for those whose list is empty."""
    root = next(iter(default_roots().certificates))
    shown = {"at": NOW, "server_name": None, "address": None, "purpose": "server"}

    assert judge_chain((root,), **shown).anchored
    assert not judge_chain((root,), **shown, roots=Roots(())).anchored


def test_an_empty_chain_has_no_verdict():
    assert None is judge_chain(
        (), at=NOW, server_name=None, address=None, purpose="client", roots=Roots(())
    )


# --- Dates ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "at, expected",
    [
        pytest.param(NOW - 10 * DAY - SECOND, [("not_yet_valid", 0)], id="a second too early"),
        pytest.param(NOW - 10 * DAY, [], id="the first second"),
        pytest.param(NOW + 90 * DAY, [], id="the last second"),
        pytest.param(NOW + 90 * DAY + SECOND, [("expired", 0)], id="a second too late"),
    ],
)
def test_both_ends_of_the_validity_belong_to_it(kinds, certificate, ca, at, expected):
    long = {"authority": True, "begin": NOW - 99 * DAY, "end": NOW + 999 * DAY}
    root = certificate("Long Root", **long)
    intermediate = certificate("I", root, **long)
    leaf = certificate("www", intermediate)

    assert expected == kinds(leaf, intermediate, at=at, roots=Roots((root.der,)))


def test_an_authority_expires_too(kinds, certificate, ca):
    intermediate = certificate("Old", ca.root, authority=True, end=NOW - DAY)

    assert [("expired", 1)] == kinds(certificate("www", intermediate), intermediate)


def test_the_verdict_of_one_day_is_not_that_of_another(kinds, certificate, ca):
    chain = certificate("www", ca.intermediate), ca.intermediate

    assert [] == kinds(*chain)
    assert [("expired", 0)] == kinds(*chain, at=NOW + 100 * DAY)
    assert [] == kinds(*chain)


# --- Names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "names, asked, expected",
    [
        (("*.example.test",), "www.example.test", []),
        (("*.example.test",), "a.www.example.test", [("name", 0)]),
        (("192.0.2.1",), None, []),
        (("other.test",), None, [("address", 0)]),
        (None, "www.example.test", [("name", 0), ("no_san", 0)]),
    ],
)
def test_names_are_those_of_subject_alt_name(kinds, certificate, ca, names, asked, expected):
    leaf = certificate("leaf", ca.intermediate, names=names)

    assert expected == kinds(leaf, ca.intermediate, server_name=asked)


def test_a_common_name_alone_is_told_as_such(kinds, certificate, ca):
    leaf = certificate("www.example.test", ca.intermediate, names=None)

    assert [("no_san", 0)] == kinds(leaf, ca.intermediate)


def test_a_client_certificate_needs_no_name_of_the_server(kinds, certificate, ca):
    leaf = certificate("alice", ca.intermediate, names=("a.test",), usage=Usage.CLIENT_AUTH)

    assert [] == kinds(leaf, ca.intermediate, purpose="client")


# --- Where it ends --------------------------------------------------------------------------------


def test_a_leaf_that_signed_itself(kinds, certificate):
    assert [("self_signed", 0)] == kinds(certificate("www"))


def test_a_private_root_that_is_sent(judge, certificate, ca):
    verdict = judge(certificate("www", ca.stranger), ca.stranger)

    assert [("unknown_ca", 1)] == [(f.kind, f.position) for f in verdict.faults]
    assert (False, True) == (verdict.anchored, verdict.complete)


def test_a_private_root_that_is_not_sent(judge, certificate, ca):
    intermediate = certificate("Strange Intermediate", ca.stranger, authority=True)
    verdict = judge(certificate("www", intermediate), intermediate)

    assert [("unknown_ca", 1, "CN=Strange Root")] == [
        (f.kind, f.position, f.detail) for f in verdict.faults
    ]


def test_an_address_of_the_issuer_tells_of_a_missing_intermediate(judge, certificate, ca):
    url = "http://ca.example.test/i.crt"
    verdict = judge(certificate("www", certificate("X1", ca.root, authority=True), aia=url))

    assert [("missing_intermediate", url)] == [(f.kind, f.detail) for f in verdict.faults]


@pytest.mark.parametrize(
    "issuer, expected",
    [
        ("Acme Issuing CA 1", "missing_intermediate"),
        ("Acme Root CA", "unknown_ca"),
        ("Acme", "untrusted"),
    ],
)
def test_else_the_words_of_its_name_tell(kinds, certificate, ca, issuer, expected):
    authority = certificate(issuer, ca.root, authority=True)

    assert [(expected, 0)] == kinds(certificate("www", authority))


def test_an_organization_with_public_roots_has_intermediates(kinds, certificate, ca):
    root = certificate("R", authority=True, organization="Acme Trust")
    authority = certificate("X1", ca.root, authority=True, organization="Acme Trust")

    assert [("missing_intermediate", 0)] == kinds(
        certificate("www", authority), roots=Roots((root.der,))
    )


def test_a_leaf_issued_by_a_known_root_lacks_nothing(kinds, certificate, ca):
    assert [] == kinds(certificate("www", ca.root))


def test_a_cross_signature_by_a_root_that_is_gone_does_no_harm(judge, certificate, ca):
    """The authority is a root itself by now: the path ends there, and not at who signed it once."""
    crossed = certificate("Known Root", ca.stranger, authority=True, key_of=ca.root)
    verdict = judge(certificate("www", ca.root), crossed)

    assert ((), True) == (verdict.faults, verdict.anchored)


def test_two_authorities_of_one_name_are_told_apart_by_their_keys(kinds, certificate, ca):
    namesake = certificate("Known Intermediate", ca.stranger, authority=True, kind="ed25519")
    leaf = certificate("www", ca.intermediate)

    assert [] == kinds(leaf, namesake, ca.intermediate)


def test_a_way_to_a_trusted_root_is_found_past_one_that_leads_nowhere(judge, certificate, ca):
    """Two certificates of one intermediate: the first is signed by a root that nobody knows."""
    unknown = certificate("Known Intermediate", ca.stranger, authority=True, key_of=ca.intermediate)
    verdict = judge(certificate("www", ca.intermediate), unknown, ca.intermediate)

    assert ((), True) == (verdict.faults, verdict.anchored)


def test_a_certificate_without_a_place_is_told_where_an_issuer_is_missing(judge, certificate, ca):
    lower = certificate("Lower", ca.stranger, authority=True)
    verdict = judge(certificate("www", lower), ca.intermediate)

    assert [("untrusted", "CN=Lower"), ("stray", "CN=Known Intermediate")] == [
        (fault.kind, fault.detail) for fault in verdict.faults
    ]


def test_authorities_that_all_signed_one_another_end(judge, certificate, ca):
    """Each of six names has a certificate by each other: the ways are more than anybody can walk."""
    keys = [certificate(f"A{i}", authority=True) for i in range(6)]
    crossed = [
        certificate(f"A{i}", other, authority=True, key_of=one)
        for i, one in enumerate(keys)
        for other in keys
        if other is not one
    ]

    assert not judge(certificate("www", keys[0]), *crossed[:MOST]).anchored


def test_authorities_that_signed_each_other_are_not_followed_for_ever(judge, certificate, ca):
    first = certificate("A", ca.stranger, authority=True)
    second = certificate("B", first, authority=True)
    first = certificate("A", second, authority=True, key_of=first)
    verdict = judge(certificate("www", second), second, first)

    assert 3 == len(verdict.path)


def test_only_so_many_certificates_are_looked_at(judge, certificate, ca):
    chain = [certificate("CA 0", ca.stranger, authority=True)]
    for number in range(1, MOST + 4):
        chain.insert(0, certificate(f"CA {number}", chain[0], authority=True))

    assert MOST == len(judge(*chain).path)


# --- Signatures, keys and hashes ------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["rsa2048", "ed25519", "p256", "dsa"])
def test_signatures_of_all_kinds_verify(kinds, certificate, kind):
    root = certificate(f"Root {kind}", authority=True, kind=kind)

    assert [] == kinds(certificate("www", root), roots=Roots((root.der,)))


def test_rsa_pss_verifies(kinds, certificate):
    root = certificate("Root PSS", authority=True, kind="rsa2048", pss=True)

    assert [] == kinds(certificate("www", root, pss=True), roots=Roots((root.der,)))


def test_a_signature_by_another_key_does_not_verify(kinds, certificate, ca):
    forger = certificate("Known Intermediate", ca.root, authority=True, kind="ed25519")
    leaf = certificate("www", forger, key_id=False)

    assert [("bad_signature", 0)] == kinds(leaf, ca.intermediate)


def test_a_changed_byte_shows_in_the_signature(certificate, ca):
    leaf = certificate("www", ca.intermediate).der
    verdict = judge_chain(
        (leaf[:-1] + bytes((leaf[-1] ^ 1,)), ca.intermediate.der),
        at=NOW,
        server_name="www.example.test",
        address=None,
        purpose="server",
        roots=Roots((ca.root.der,)),
    )

    assert ["bad_signature"] == [fault.kind for fault in verdict.faults]


@pytest.mark.parametrize(
    "kind, expected",
    [("rsa1024", [("weak_key", 0)]), ("p192", [("weak_key", 0)]), ("rsa2048", []), ("p256", [])],
)
def test_keys_are_measured(kinds, certificate, ca, kind, expected):
    assert expected == kinds(
        certificate(f"leaf {kind}", ca.intermediate, kind=kind), ca.intermediate
    )


def test_sha1_is_weak_and_verifies_all_the_same(certificate, with_sha1):
    root = certificate("Root RSA", authority=True, kind="rsa2048")
    leaf = with_sha1(certificate("www", root), root)

    assert [("weak_signature", 0)] == _kinds(leaf, root)


@pytest.mark.parametrize(
    "year, expected", [(2012, []), (2015, ["weak_key"]), (2018, ["weak_key", "weak_signature"])]
)
def test_what_is_weak_now_was_good_once(certificate, with_sha1, year, expected):
    at = datetime(year, 6, 1, tzinfo=UTC)
    long = {"begin": at - DAY, "end": at + 9 * DAY}
    root = certificate("Root RSA", authority=True, kind="rsa2048", **long)
    leaf = with_sha1(certificate("leaf rsa1024", root, kind="rsa1024", **long), root)
    verdict = judge_chain(
        (leaf,),
        at=at,
        server_name="www.example.test",
        address=None,
        purpose="server",
        roots=Roots((root.der,)),
    )

    assert expected == [fault.kind for fault in verdict.faults]


def test_a_wrong_signature_with_sha1_does_not_verify(certificate, with_sha1):
    root = certificate("Root RSA", authority=True, kind="rsa2048")
    leaf = with_sha1(certificate("www", root), root)
    changed = leaf.replace(b"www.example.test", b"www.exemple.test")

    assert ("bad_signature", 0) in _kinds(changed, root)


def test_the_hash_of_a_root_over_itself_weakens_nothing(certificate, with_sha1):
    root = certificate("Root RSA", authority=True, kind="rsa2048")
    weak = with_sha1(root, root)

    assert [("unknown_ca", 1)] == _kinds(certificate("www", root).der, None, weak)


def _kinds(leaf, root, *others):
    verdict = judge_chain(
        (leaf, *others),
        at=NOW,
        server_name="www.example.test",
        address=None,
        purpose="server",
        roots=Roots((root.der,) if root else ()),
    )
    return [(fault.kind, fault.position) for fault in verdict.faults]


# --- What it may be used for ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "usage, purpose, expected",
    [
        (Usage.CLIENT_AUTH, "server", [("usage", 0)]),
        (Usage.SERVER_AUTH, "client", [("usage", 0)]),
        (Usage.ANY_EXTENDED_KEY_USAGE, "server", []),
        (None, "server", []),
    ],
)
def test_extended_key_usage(kinds, certificate, ca, usage, purpose, expected):
    leaf = certificate("www", ca.intermediate, usage=usage)

    assert expected == kinds(leaf, ca.intermediate, purpose=purpose)


def test_a_leaf_may_issue_nothing(judge, certificate, ca):
    leaf = certificate("leaf", ca.intermediate)
    verdict = judge(certificate("www", leaf), leaf, ca.intermediate)

    assert [("ca_constraints", 1)] == [(f.kind, f.position) for f in verdict.faults]
    assert "no_authority" == verdict.faults[0].why


def test_an_authority_whose_key_may_not_sign_certificates(kinds, certificate, ca):
    authority = certificate("A", ca.root, authority=True, signs=False)

    assert [("ca_constraints", 1)] == kinds(certificate("www", authority), authority)


@pytest.mark.parametrize("pathlen, expected", [(0, [("ca_constraints", 2)]), (1, [])])
def test_path_length(kinds, certificate, ca, pathlen, expected):
    upper = certificate("Upper", ca.root, authority=True, pathlen=pathlen)
    lower = certificate("Lower", upper, authority=True)

    assert expected == kinds(certificate("www", lower), lower, upper)


@pytest.mark.parametrize(
    "permitted, excluded, expected",
    [
        (["example.test"], None, []),
        (["www.example.test"], None, []),
        (["ample.test"], None, [("ca_constraints", 1)]),
        (None, ["example.test"], [("ca_constraints", 1)]),
        (None, ["other.test"], []),
    ],
)
def test_name_constraints(kinds, certificate, ca, permitted, excluded, expected):
    trees = [[x509.DNSName(n) for n in names] if names else None for names in (permitted, excluded)]
    constraints = x509.NameConstraints(*trees)
    authority = certificate("A", ca.root, authority=True, extra=((constraints, True),))

    assert expected == kinds(certificate("www", authority), authority)


def test_name_constraints_for_addresses(kinds, certificate, ca):
    network = x509.IPAddress(ip_network("198.51.100.0/24"))
    constraints = x509.NameConstraints([network], None)
    authority = certificate("A", ca.root, authority=True, extra=((constraints, True),))
    leaf = certificate("www", authority, names=("192.0.2.1",))

    assert [("ca_constraints", 1)] == kinds(leaf, authority, server_name=None)


@pytest.mark.parametrize("critical, expected", [(True, [("ca_constraints", 0)]), (False, [])])
def test_an_unknown_extension_matters_if_it_is_critical(kinds, certificate, ca, critical, expected):
    unknown = x509.UnrecognizedExtension(UNKNOWN_OID, b"\x05\x00")
    leaf = certificate("www", ca.intermediate, extra=((unknown, critical),))

    assert expected == kinds(leaf, ca.intermediate)


def test_a_root_that_is_sent_is_asked_nothing(kinds, certificate):
    """Old ones are of version 1 and say nothing of themselves."""
    root = certificate("Old Root", names=None, usage=None)

    assert [("unknown_ca", 1)] == kinds(certificate("www", root), root)


@pytest.mark.parametrize("use, expected", [("digital_signature", []), ("key_encipherment", [0])])
def test_the_key_must_be_for_what_the_handshake_does_with_it(judge, certificate, ca, use, expected):
    usage = certificate("usage", authority=True).certificate.extensions.get_extension_for_class(
        x509.KeyUsage
    )
    leaf = certificate("www", ca.intermediate, extra=((usage.value, True),))
    faults = judge(leaf, ca.intermediate, use=use).faults

    assert [("usage", "key", position) for position in expected] == [
        (fault.kind, fault.why, fault.position) for fault in faults
    ]


def test_an_authority_may_be_for_clients_only(kinds, certificate, ca):
    clients = x509.ExtendedKeyUsage([Usage.CLIENT_AUTH])
    authority = certificate("Clients", ca.root, authority=True, extra=((clients, False),))

    assert [("usage", 1)] == kinds(certificate("www", authority), authority)


# --- As it was sent -------------------------------------------------------------------------------


def test_the_order_is_told_where_the_path_goes_back(kinds, certificate, ca):
    lower = certificate("Lower", ca.intermediate, authority=True)
    leaf = certificate("www", lower)

    assert [("order", 0)] == kinds(leaf, ca.intermediate, lower)
    assert [] == kinds(leaf, lower, ca.intermediate)


def test_a_certificate_sent_twice(kinds, certificate, ca):
    leaf = certificate("www", ca.intermediate)

    assert [("duplicate", 0)] == kinds(leaf, ca.intermediate, ca.intermediate)


def test_bytes_that_are_no_certificate():
    verdict = judge_chain(
        (b"\x30\x03abc",),
        at=NOW,
        server_name="a.test",
        address=None,
        purpose="server",
        roots=Roots(()),
    )

    assert ["unreadable"] == [fault.kind for fault in verdict.faults]


# --- Several at once ------------------------------------------------------------------------------


def test_all_faults_are_told_gravest_first(kinds, certificate, ca):
    intermediate = certificate("I", ca.stranger, authority=True, pathlen=0, end=NOW - DAY)
    leaf = certificate(
        "leaf rsa1024",
        intermediate,
        kind="rsa1024",
        names=("other.test",),
        usage=Usage.CLIENT_AUTH,
        begin=NOW + DAY,
    )
    found = kinds(leaf, intermediate)

    assert [
        ("expired", 1),
        ("not_yet_valid", 0),
        ("name", 0),
        ("usage", 0),
        ("weak_key", 0),
        ("unknown_ca", 1),
    ] == found
    assert all(kind in GRAVITY for kind, _ in found)


# --- The last word --------------------------------------------------------------------------------


def test_the_verifier_agrees_with_a_chain_without_fault(certificate, ca):
    chain = certificate("www", ca.intermediate).der, ca.intermediate.der
    roots = Roots((ca.root.der,))

    assert None is second_opinion(chain, at=NOW, server_name="www.example.test", roots=roots)
    assert second_opinion(chain, at=NOW, server_name="other.test", roots=roots)

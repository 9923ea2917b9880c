"""Certificate revocation lists: whom they speak of, since when, and whether they can be believed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from tlsparse.trust.crls import Crls, crls_in

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def crl():
    """Make a list of an issuer's, in DER."""

    def make(issuer, *revoked, at=NOW - 3 * DAY, begin=NOW - DAY, end=NOW + DAY, extensions=()):
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(issuer.certificate.subject)
            .last_update(begin)
            .next_update(end)
        )
        for made in revoked:
            entry = (
                x509.RevokedCertificateBuilder()
                .serial_number(made.certificate.serial_number)
                .revocation_date(at)
            )
            for extension in extensions:
                entry = entry.add_extension(extension, critical=False)
            builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(issuer.key, hashes.SHA256()).public_bytes(Encoding.DER)

    return make


def lists(*ders):
    return Crls(crl for der in ders for crl in crls_in(der))


def test_a_listed_certificate_is_revoked(judge, certificate, ca, crl):
    leaf = certificate("www", ca.intermediate)
    reason = x509.CRLReason(x509.ReasonFlags.key_compromise)
    verdict = judge(
        leaf, ca.intermediate, crls=lists(crl(ca.intermediate, leaf, extensions=[reason]))
    )
    (fault,) = verdict.faults

    assert ("revoked", 0, "crl", "2026-05-29 12:00") == (
        fault.kind,
        fault.position,
        fault.why,
        fault.detail,
    )
    assert fault.revocation is not None
    assert ("CN=Known Intermediate", "keyCompromise", NOW - DAY, NOW + DAY) == (
        fault.revocation.by,
        fault.revocation.reason,
        fault.revocation.this_update,
        fault.revocation.next_update,
    )


def test_an_authority_can_be_revoked_by_a_root_that_is_not_sent(kinds, certificate, ca, crl):
    found = kinds(
        certificate("www", ca.intermediate),
        ca.intermediate,
        crls=lists(crl(ca.root, ca.intermediate)),
    )

    assert [("revoked", 1)] == found


def test_others_are_not_revoked(kinds, certificate, ca, crl):
    one, other = certificate("one", ca.intermediate), certificate("other", ca.intermediate)

    assert [] == kinds(one, ca.intermediate, crls=lists(crl(ca.intermediate, other)))


def test_a_list_counts_only_with_its_issuers_signature(kinds, certificate, ca, crl):
    forger = certificate("Known Intermediate", ca.stranger, authority=True, kind="rsa2048")
    leaf = certificate("www", ca.intermediate)

    assert [] == kinds(leaf, ca.intermediate, crls=lists(crl(forger, leaf)))


def test_what_was_revoked_later_was_not_yet(kinds, certificate, ca, crl):
    leaf = certificate("www", ca.intermediate)
    later = crl(ca.intermediate, leaf, at=NOW + DAY, begin=NOW + DAY, end=NOW + 9 * DAY)

    assert [] == kinds(leaf, ca.intermediate, crls=lists(later))
    assert [("revoked", 0)] == kinds(
        leaf, ca.intermediate, crls=lists(later), at=NOW + timedelta(days=1, seconds=1)
    )


def test_a_certificate_taken_off_the_list_again_is_good(kinds, certificate, ca, crl):
    leaf = certificate("www", ca.intermediate)
    held = crl(ca.intermediate, leaf, begin=NOW - 5 * DAY)
    released = crl(
        ca.intermediate, leaf, extensions=[x509.CRLReason(x509.ReasonFlags.remove_from_crl)]
    )

    assert [] == kinds(leaf, ca.intermediate, crls=lists(held, released))


def test_an_indirect_list_speaks_of_others_as_well(kinds, certificate, ca, crl):
    leaf = certificate("www", ca.intermediate)
    stranger = x509.DirectoryName(ca.stranger.certificate.subject)
    foreign = crl(ca.intermediate, leaf, extensions=[x509.CertificateIssuer([stranger])])

    assert [] == kinds(leaf, ca.intermediate, crls=lists(foreign))


@pytest.mark.parametrize(
    "windows, expected",
    [
        pytest.param([(-9, -1)], [("stale_list", 0)], id="too old"),
        pytest.param([(-9, -1), (-1, 1)], [], id="another is current"),
        pytest.param([(1, 2)], [], id="made after the capture: the client had another"),
    ],
)
def test_a_list_has_a_time_of_its_own(kinds, certificate, ca, crl, windows, expected):
    ders = [
        crl(ca.intermediate, begin=NOW + begin * DAY, end=NOW + end * DAY) for begin, end in windows
    ]

    assert expected == kinds(
        certificate("www", ca.intermediate), ca.intermediate, crls=lists(*ders)
    )


def test_lists_are_read_from_der_and_pem(ca, crl):
    der = crl(ca.root)
    pem = x509.load_der_x509_crl(der).public_bytes(Encoding.PEM)

    assert 1 == len(crls_in(der))
    assert 2 == len(crls_in(pem + b"between\n" + pem))


@pytest.mark.parametrize(
    "data", [b"", b"\x30\x03abc", b"-----BEGIN X509 CRL-----\nAAA\n-----END X509 CRL-----"]
)
def test_what_is_no_list_is_left_out(data):
    assert [] == crls_in(data)

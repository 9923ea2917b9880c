"""What stapled OCSP responses say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID as Usage

from tlsparse.trust.revocation import read_staple
from tlsparse.trust.roots import Roots

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
DEMAND = ((x509.TLSFeature([x509.TLSFeatureType.status_request]), False),)


@pytest.fixture
def answer(ca):
    """An authority's answer about a certificate."""

    def build(leaf, status, until=NOW + DAY, revoked=None, signer=None, sent=()):
        issuer = ca.intermediate
        signer = signer or issuer
        builder = ocsp.OCSPResponseBuilder().add_response(
            cert=leaf.certificate,
            issuer=issuer.certificate,
            algorithm=hashes.SHA1(),
            cert_status=status,
            this_update=NOW - 9 * DAY,
            next_update=until,
            revocation_time=revoked,
            revocation_reason=x509.ReasonFlags.key_compromise if revoked else None,
        )
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, signer.certificate)
        if sent:
            builder = builder.certificates([made.certificate for made in sent])
        return builder.sign(signer.key, hashes.SHA256()).public_bytes(Encoding.DER)

    return build


def test_a_good_answer(kinds, certificate, ca, answer):
    leaf = certificate("www", ca.intermediate, extra=DEMAND)
    staple = answer(leaf, ocsp.OCSPCertStatus.GOOD)

    assert "good" == read_staple(staple).status
    assert [] == kinds(leaf, ca.intermediate, staple=staple)


def test_a_revoked_certificate(judge, certificate, ca, answer):
    leaf = certificate("www", ca.intermediate)
    staple = answer(leaf, ocsp.OCSPCertStatus.REVOKED, revoked=NOW - 3 * DAY)
    verdict = judge(leaf, ca.intermediate, staple=staple)

    assert [("revoked", "2026-05-29 12:00")] == [(f.kind, f.detail) for f in verdict.faults]
    assert "keyCompromise" == read_staple(staple).reason


@pytest.mark.parametrize(
    "until, expected", [(NOW - timedelta(seconds=1), [("staple", 0)]), (NOW, [])]
)
def test_an_answer_is_good_until_its_next_update(kinds, certificate, ca, answer, until, expected):
    leaf = certificate("www", ca.intermediate)
    staple = answer(leaf, ocsp.OCSPCertStatus.GOOD, until=until)

    assert expected == kinds(leaf, ca.intermediate, staple=staple)


def test_a_demanded_answer_that_is_not_there(kinds, certificate, ca):
    leaf = certificate("www", ca.intermediate, extra=DEMAND)

    assert [("staple", 0)] == kinds(leaf, ca.intermediate)


@pytest.mark.parametrize(
    "data, status",
    [
        (b"", "unreadable"),
        (b"\x30\x03\x0a\x01\x03", "unsuccessful"),  # OCSPResponse: responseStatus tryLater
        (b"\x30\x80", "unreadable"),
        (b"\x30\x03\x02\x01\x00", "unchecked"),  # a sequence, though not of what it should be
    ],
)
def test_answers_that_say_nothing(data, status):
    assert status == read_staple(data).status


# --- Who signed it, and for whom ------------------------------------------------------------------


def test_an_answer_for_another_certificate_is_none(judge, certificate, ca, answer):
    leaf, other = certificate("www", ca.intermediate), certificate("other", ca.intermediate)
    verdict = judge(leaf, ca.intermediate, staple=answer(other, ocsp.OCSPCertStatus.GOOD))

    assert [("staple", "other")] == [(fault.kind, fault.why) for fault in verdict.faults]


def test_an_answer_signed_by_somebody_else_is_none(judge, certificate, ca, answer):
    leaf = certificate("www", ca.intermediate)
    forged = answer(leaf, ocsp.OCSPCertStatus.REVOKED, revoked=NOW - DAY, signer=ca.stranger)
    verdict = judge(leaf, ca.intermediate, staple=forged)

    assert [("staple", "signature")] == [(fault.kind, fault.why) for fault in verdict.faults]


@pytest.mark.parametrize(
    "usage, expected", [(Usage.OCSP_SIGNING, []), (Usage.SERVER_AUTH, [("staple", "signature")])]
)
def test_a_responder_needs_a_certificate_for_that(judge, certificate, ca, answer, usage, expected):
    leaf = certificate("www", ca.intermediate)
    responder = certificate("Responder", ca.intermediate, usage=usage)
    staple = answer(leaf, ocsp.OCSPCertStatus.GOOD, signer=responder, sent=[responder])
    verdict = judge(leaf, ca.intermediate, staple=staple)

    assert expected == [(fault.kind, fault.why) for fault in verdict.faults]


def test_the_signature_of_an_issuer_that_was_not_sent_is_not_checked(
    judge, certificate, ca, answer
):
    leaf = certificate("www", ca.intermediate)
    verdict = judge(leaf, staple=answer(leaf, ocsp.OCSPCertStatus.GOOD), roots=Roots(()))

    assert "staple" not in [fault.kind for fault in verdict.faults]


def test_an_answer_of_the_future_is_too_early(judge, certificate, ca, answer):
    leaf = certificate("www", ca.intermediate)
    staple = answer(leaf, ocsp.OCSPCertStatus.GOOD)
    verdict = judge(leaf, ca.intermediate, staple=staple, at=NOW - 9 * DAY - timedelta(seconds=1))

    assert [("staple", "early")] == [(fault.kind, fault.why) for fault in verdict.faults]

"""Roots that have left the public list."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import certifi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID

from tlsparse.tls.x509 import X509, describe_certificate
from tlsparse.trust.former_roots import former_root
from tlsparse.trust.roots import Roots, default_roots

DAY = timedelta(days=1)
DST = "CN=DST Root CA X3,O=Digital Signature Trust Co."
DST_KEY = "c4a7b1a47b2c71fadbe14b9075ffc41560858910"
DST_END = datetime(2021, 9, 30, 14, 1, 15, tzinfo=UTC)
AFFIRM = "CN=AffirmTrust Commercial,O=AffirmTrust,C=US"


def issued_by(issuer, aki=None):
    return X509("0" * 64, subject="CN=x", issuer=issuer, aki=aki)


@pytest.mark.parametrize(
    "subject",
    [
        DST,
        AFFIRM,
        "CN=AddTrust External CA Root,OU=AddTrust External TTP Network,O=AddTrust AB,C=SE",
        "CN=StartCom Certification Authority G2,O=StartCom Ltd.,C=IL",
        "CN=Certification Authority of WoSign,O=WoSign CA Limited,C=CN",
        "CN=GeoTrust Global CA,O=GeoTrust Inc.,C=US",
        "CN=CNNIC ROOT,O=CNNIC,C=CN",
    ],
)
def test_an_issuer_is_known_by_its_name(subject):
    former = former_root(issued_by(subject))

    assert former is not None
    assert subject == former.subject
    assert former.listed < former.gone


def test_two_of_one_name_are_told_apart_by_their_keys():
    assert former_root(issued_by(DST, DST_KEY)) is former_root(issued_by(DST))
    assert None is former_root(issued_by(DST, "00" * 20))


@pytest.mark.parametrize(
    "certificate",
    [
        pytest.param(issued_by("CN=Acme Root CA"), id="another name"),
        pytest.param(X509("0" * 64, subject=DST, issuer=DST), id="a root that only has the name"),
    ],
)
def test_others_are_none(certificate):
    assert None is former_root(certificate)


def test_no_root_that_is_listed_had_left_before():
    """An old release of certifi has roots that have left since."""
    release = datetime.strptime(certifi.__version__, "%Y.%m.%d").replace(tzinfo=UTC)
    listed = [describe_certificate(data) for data in default_roots().certificates]
    former = [root for root in map(former_root, listed) if root is not None]

    assert len(listed) > 50
    assert [] == [root.subject for root in former if root.gone <= release]


# --- In a chain -----------------------------------------------------------------------------------


@pytest.fixture
def named(made_by):
    """Make an authority whose name, organization first, is that of a former root."""

    def make(common_name, organization, *country):
        name = [
            *(x509.NameAttribute(NameOID.COUNTRY_NAME, code) for code in country),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
        return made_by(x509.Name(name))

    return make


@pytest.fixture
def made_by(certificate):
    def make(name):
        own = certificate("a former root", authority=True)
        authority = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(own.key.public_key())
            .serial_number(1)
            .not_valid_before(datetime(2000, 1, 1))
            .not_valid_after(datetime(2030, 1, 1))
            .add_extension(x509.BasicConstraints(True, None), critical=True)
        )
        return type(own)(authority.sign(own.key, hashes.SHA256()), own.key)

    return make


def ends(judge, *chain, at, **options):
    kinds = ("former_root", "expired_root", "unknown_ca", "longer_path")
    faults = judge(*chain, at=at, **{"roots": Roots(())} | options).faults
    return [(fault.kind, fault.why) for fault in faults if fault.kind in kinds]


@pytest.mark.parametrize(
    "at, expected",
    [
        (datetime(2024, 1, 1, tzinfo=UTC), [("former_root", "then")]),
        (datetime(2026, 6, 1, tzinfo=UTC), [("former_root", "")]),
    ],
)
def test_a_chain_to_one_is_told_from_a_private_one(judge, certificate, named, at, expected):
    root = named("AffirmTrust Commercial", "AffirmTrust", "US")
    leaf = certificate("www", root, begin=at - DAY, end=at + DAY, key_id=False)

    assert expected == ends(judge, leaf, at=at)


def test_one_that_has_expired_is_told_as_that(judge, certificate, named):
    at = DST_END + DAY
    root = named("DST Root CA X3", "Digital Signature Trust Co.")
    leaf = certificate("www", root, begin=at - DAY, end=at + DAY, key_id=False)

    assert [("expired_root", "")] == ends(judge, leaf, at=at)
    assert [("former_root", "then")] == ends(judge, leaf, at=DST_END)


def test_a_longer_way_over_an_expired_one_is_told(judge, certificate, named):
    """As with Let's Encrypt in October 2021: the root was good, and the server also sent its cross-signature."""
    long = {"authority": True, "begin": DST_END - 999 * DAY, "end": DST_END + 999 * DAY}
    root = certificate("ISRG Root", **long)
    crossed = certificate(
        "ISRG Root",
        named("DST Root CA X3", "Digital Signature Trust Co."),
        key_of=root,
        key_id=False,
        **long,
    )
    leaf = certificate("www", root, begin=DST_END - DAY, end=DST_END + 9 * DAY)
    roots = Roots((root.der,))

    assert [] == ends(judge, leaf, crossed, at=DST_END, roots=roots)
    assert [("longer_path", "")] == ends(judge, leaf, crossed, at=DST_END + DAY, roots=roots)
    assert [] == ends(judge, leaf, at=DST_END + DAY, roots=roots)

from __future__ import annotations

import pytest

from tlsparse.tls.oids import key_type, oid_name


@pytest.mark.parametrize(
    "oid, name",
    [
        ("1.2.840.113549.1.1.11", "sha256WithRSAEncryption"),
        ("1.3.6.1.5.5.7.3.1", "serverAuth"),
        ("1.3.6.1.5.5.7.1.14", "proxyCertInfo"),
        ("1.2.3.4", "1.2.3.4"),
    ],
)
def test_an_identifier_has_a_name_or_is_its_own(oid, name):
    assert name == oid_name(oid)


@pytest.mark.parametrize(
    "oid, kind",
    [
        ("1.2.840.113549.1.1.1", "RSA"),
        ("1.2.840.10045.2.1", "EC"),
        ("1.3.101.112", "Ed25519"),
        ("2.16.840.1.101.3.4.3.18", "ML-DSA-65"),
        ("1.2.3.4", "1.2.3.4"),
    ],
)
def test_a_key_is_called_as_people_call_it(oid, kind):
    assert kind == key_type(oid)

"""Which names of a certificate stand for which hosts."""

from __future__ import annotations

import pytest

from tlsparse.tls.x509 import X509
from tlsparse.trust.names import common_name, has_names, is_for, matches


@pytest.mark.parametrize(
    "pattern, name",
    [
        ("example.test", "example.test"),
        ("Example.TEST", "example.test"),
        ("example.test", "example.test."),
        ("*.example.test", "www.example.test"),
        ("xn--bcher-kva.test", "bücher.test"),
    ],
)
def test_names_that_match(pattern, name):
    assert matches(pattern, name)


@pytest.mark.parametrize(
    "pattern, name",
    [
        pytest.param("example.test", "www.example.test", id="a domain is not its hosts"),
        pytest.param("*.example.test", "example.test", id="a wildcard is one label, not none"),
        pytest.param("*.example.test", "a.b.example.test", id="nor two"),
        pytest.param("*.example.test", ".example.test", id="nor an empty one"),
        pytest.param("w*.example.test", "www.example.test", id="nor a part of one"),
        pytest.param("www.*.test", "www.example.test", id="nor elsewhere than at the left"),
        pytest.param("*.test", "example.test", id="nor below a top level domain"),
        pytest.param("*", "localhost", id="nor everything"),
    ],
)
def test_names_that_do_not_match(pattern, name):
    assert not matches(pattern, name)


def test_an_address_is_compared_with_addresses_only():
    certificate = X509("", sans=("DNS:192.0.2.1", "IP:2001:db8::1"))

    assert is_for(certificate, "2001:0db8:0::1")
    assert not is_for(certificate, "192.0.2.1")


def test_a_mail_address_is_no_name_of_a_host():
    assert not has_names(X509("", sans=("email:a@example.test",)))
    assert has_names(X509("", sans=("email:a@example.test", "DNS:example.test")))


@pytest.mark.parametrize(
    "subject, expected",
    [
        ("CN=www.test,O=Acme", "www.test"),
        ("O=Acme,CN=a\\, b", "a, b"),
        ("O=CN Networks", None),
        (None, None),
    ],
)
def test_the_common_name_of_a_subject(subject, expected):
    assert expected == common_name(subject)

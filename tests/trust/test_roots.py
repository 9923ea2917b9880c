"""The store of trusted roots."""

from __future__ import annotations

from tlsparse.tls.x509 import describe_certificate
from tlsparse.trust.roots import Roots, certificates_in, default_roots, organization


def test_the_public_list_is_loaded_once():
    roots = default_roots()

    assert len(roots) > 50
    assert roots is default_roots()


def test_a_root_is_found_by_its_subject(ca):
    roots = Roots((ca.root.der,))

    assert [ca.root.der] == [root.data for root in roots.named("CN=Known Root")]
    assert () == roots.named("CN=Strange Root")
    assert describe_certificate(ca.root.der) in roots


def test_roots_of_a_pem_file_are_added(ca):
    roots = Roots((ca.root.der,)).with_certificates(
        certificates_in(b"# ours\n" + ca.stranger.pem), "ours.pem"
    )

    assert 2 == len(roots)
    assert roots.named("CN=Strange Root")


def test_what_is_no_certificate_does_not_spoil_the_others(ca):
    broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"

    assert 1 == len(Roots(certificates_in(broken + ca.root.pem)))


def test_the_same_root_twice_is_one(ca):
    assert 1 == len(Roots((ca.root.der, ca.root.der)))


def test_the_organization_of_a_name():
    assert "Acme\\, Inc" == organization("CN=R,O=Acme\\, Inc,C=US")
    assert None is organization("CN=R,OU=Acme")

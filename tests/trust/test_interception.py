"""Issuers that inspect traffic, and those that only sound like them."""

from __future__ import annotations

import pytest

from tlsparse.tls.x509 import describe_certificate
from tlsparse.trust.interception import GENERIC, inspecting_product
from tlsparse.trust.roots import default_roots


@pytest.mark.parametrize(
    "issuer, product",
    [
        ("CN=Zscaler Intermediate Root CA (zscaler.net),O=Zscaler Inc.", "Zscaler"),
        ("CN=FG200FT922912345,O=Fortinet,C=US", "Fortinet FortiGate"),
        ("CN=FG100E4Q16000000,C=US", "Fortinet FortiGate"),
        ("CN=mitmproxy,O=mitmproxy", "mitmproxy"),
        ("CN=PortSwigger CA,OU=PortSwigger CA", "Burp Suite"),
        ("CN=DO_NOT_TRUST_FiddlerRoot,O=DO_NOT_TRUST", "Fiddler"),
        ("CN=Kaspersky Anti-Virus Personal Root Certificate", "Kaspersky"),
        ("CN=Cisco Umbrella Root CA,O=Cisco", "Cisco Umbrella"),
        ("CN=Acme SSL Inspection CA", GENERIC),
    ],
)
def test_products_are_known_by_their_issuers(issuer, product):
    assert product == inspecting_product([issuer])


@pytest.mark.parametrize(
    "issuer",
    [
        "CN=Let's Encrypt R3,O=Let's Encrypt",
        "CN=Squidward Tentacles CA",
        "CN=Check Pointing Devices Ltd",
        "CN=Charles University CA",
        "CN=Proxy Admin CA,O=Acme",
        "CN=FG Haniel GmbH",
    ],
)
def test_others_are_not_taken_for_them(issuer):
    assert None is inspecting_product([issuer])


def test_no_public_root_is_taken_for_one():
    names = [describe_certificate(data).subject for data in default_roots().certificates]

    assert len(names) > 50
    assert [] == [name for name in names if inspecting_product([name or ""])]


def test_a_chain_under_such_an_issuer_is_told(kinds, certificate):
    root = certificate("Zscaler Root CA", authority=True)

    assert [("interception", 0), ("unknown_ca", 1)] == kinds(certificate("www", root), root)

"""Stacks are known by their hellos and records, and not where these do not tell."""

from __future__ import annotations

import tomllib
from importlib import resources

import pytest

import tlsparse
from tlsparse.handshake.stacks import Features, _client, client_stack, server_stack

DATA = tomllib.loads(
    resources.files("tlsparse.handshake").joinpath("stacks.toml").read_text("utf-8")
)

KNOWN = [
    ("tls12_dhe", "OpenSSL 3", "OpenSSL"),
    ("tls13", "OpenSSL 3 (curl)", "OpenSSL"),
    ("tls12_ecdhe", "OpenSSL 3 (curl)", "nginx (OpenSSL)"),
    ("expired_tls12_node", "OpenSSL 3 (Node.js)", "nginx (OpenSSL)"),
    ("gnutls_tls12", "GnuTLS", "GnuTLS"),
    ("gnutls_tls13", "GnuTLS", "GnuTLS"),
    ("nss_tls12", "NSS", "NSS"),
    ("nss_tls13", "NSS", "NSS"),
    ("go_to_go_tls12", "Go crypto/tls", "Go crypto/tls"),
    ("java_to_go_tls13", "Java", "Go crypto/tls"),
]

CHROME = Features(
    extensions=(0x2B, 0xFE0D, 0x0D, 0x44CD, 0x2D, 0xFF01, 0, 0x0B, 0x0A, 0x1B, 0x23, 0x12, 5, 0x10),
    suites=(0x1301, 0x1302, 0x1303, 0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8, 0xC013),
    groups=(0x11EC, 0x1D, 0x17, 0x18),
    schemes=(0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601),
    alpn=("h2", "http/1.1"),
    greases=True,
    session_id=32,
)


@pytest.mark.parametrize("name, client, server", KNOWN, ids=[name for name, *_ in KNOWN])
def test_stacks_of_real_handshakes_are_recognised(captures, name, client, server):
    handshake = tlsparse.read(captures / f"{name}.pcap").handshake(0)
    found = client_stack(handshake), server_stack(handshake)

    assert (client, server) == tuple(stack and stack.name for stack in found)
    assert all(0.6 <= stack.confidence <= 1 for stack in found)


def test_a_browser_is_known_though_it_shuffles():
    turned = CHROME._replace(extensions=CHROME.extensions[::-1])

    assert "Chrome (BoringSSL)" == _client(CHROME).name == _client(turned).name


def test_a_browser_without_grease_is_none():
    assert "Chrome (BoringSSL)" not in str(_client(CHROME._replace(greases=False)))


def test_an_order_that_no_stack_has_names_nobody():
    shuffled = Features((0x0D, 0, 0x2B, 0xFF01, 0x0A), (0xC02F,), (0x1D,), (0x0401,), (), False, 7)

    assert _client(shuffled) is None


def test_without_hellos_nobody_is_named(handshake):
    silent = handshake("S rst")

    assert client_stack(silent) is None
    assert server_stack(silent) is None


def test_the_stacks_show_in_the_table(captures):
    frame = tlsparse.read(captures / "gnutls_tls12.pcap").handshakes

    assert ["GnuTLS", "GnuTLS"] == [frame.client_stack[0], frame.server_stack[0]]


@pytest.mark.parametrize(
    "entry", DATA["client"] + DATA["server"], ids=lambda entry: entry["name"].replace(" ", "_")
)
def test_an_entry_says_where_its_features_come_from(entry):
    assert entry["source"]
    assert entry["family"]
    for feature in ("extensions", "suites", "has", "lacks", "hello12", "hello13"):
        assert all(len(code) == 4 and int(code, 16) >= 0 for code in entry.get(feature, "").split())

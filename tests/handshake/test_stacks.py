"""Stacks are known by their hellos and records, and not where these do not tell."""

from __future__ import annotations

import tomllib
from importlib import resources

import pytest

import tlsparse
from tlsparse.handshake.stacks import (
    Features,
    Flight,
    _client,
    _server,
    client_stack,
    server_stack,
)

DATA = tomllib.loads(
    resources.files("tlsparse.handshake").joinpath("stacks.toml").read_text("utf-8")
)

KNOWN = [
    ("tls12_dhe", "OpenSSL 3", "OpenSSL"),
    ("tls13", "OpenSSL 3 (curl)", "OpenSSL"),
    ("tls12_ecdhe", "OpenSSL 3 (curl)", "OpenSSL (nginx or alike)"),
    ("expired_tls12_node", "OpenSSL 3 (Node.js)", "OpenSSL (nginx or alike)"),
    ("gnutls_tls12", "GnuTLS", "GnuTLS"),
    ("gnutls_tls13", "GnuTLS", "GnuTLS"),
    ("nss_tls12", "NSS", "NSS"),
    ("nss_tls13", "NSS", None),  # BoringSSL joins its records of TLS 1.3 as well
    ("go_to_go_tls12", "Go crypto/tls", None),  # so little is OpenSSL's without sessions, too
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
    assert all(0.6 <= stack.confidence <= 1 for stack in found if stack)


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


# --- Stacks of which there is no capture here, by features that were read off the wire elsewhere ----------------------

CHROME_QUIC = CHROME._replace(
    extensions=(0x10, 0, 0x2D, 0x1B, 0x0A, 0x33, 0x2B, 0x39, 0x4469, 0x0D),
    suites=(0x1301, 0x1302, 0x1303),
    groups=(0x1D, 0x17, 0x18),
    schemes=(0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601, 0x0201),
    alpn=("h3",),
    greases=False,
    session_id=0,
)

FIREFOX_QUIC = CHROME_QUIC._replace(
    extensions=(0x2B, 0x10, 0x2A, 0xFF01, 0x33, 0x1C, 0x0D, 0x0A, 0, 5, 0x2D, 0x17, 0x22, 0x39),
    suites=(0x1301, 0x1303, 0x1302),
    groups=(0x11EC, 0x1D, 0x17, 0x18, 0x19),
    schemes=(
        *(0x0403, 0x0503, 0x0603, 0x0203, 0x0804, 0x0805, 0x0806),
        *(0x0401, 0x0501, 0x0601, 0x0201),
    ),
)

WINDOWS_11 = CHROME_QUIC._replace(
    extensions=(0, 0x2B, 0x0D, 0x23, 0x0A, 0x33, 0x31, 0x17, 0xFF01, 0x2D),
    suites=(0x1302, 0x1301, 0xC02C, 0xC02B, 0xC030, 0xC02F, 0x9F, 0x9E),
    schemes=(
        *(0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0201),
        *(0x0403, 0x0503, 0x0203, 0x0202, 0x0601, 0x0603),
    ),
    alpn=(),
    session_id=32,
)


@pytest.mark.parametrize(
    "features, name",
    [
        (CHROME_QUIC, "Chrome (BoringSSL, QUIC)"),
        (FIREFOX_QUIC, "Firefox (NSS, QUIC)"),
        (WINDOWS_11, "SChannel (Windows 11)"),
    ],
)
def test_clients_are_known_by_what_their_hellos_hold(features, name):
    assert name == _client(features).name


SCHANNEL = Flight(
    tls13=False,
    extensions=(0x05, 0x17, 0xFF01, 0x00),
    session_id=32,
    asked=(0, 5, 0x0A, 0x0B, 0x0D, 0x23, 0x17, 0xFF01),
    suite=0xC030,
    favourite=None,
    padding=None,
    acknowledged=None,
    one_record=True,
)


def test_schannel_is_known_by_its_order_and_its_one_record():
    assert "SChannel" == _server(SCHANNEL).name
    assert "SChannel" != _server(SCHANNEL._replace(one_record=False)).name


@pytest.mark.parametrize("one_record", [True, None])
def test_a_flight_that_several_stacks_send_names_none(one_record):
    """Google's servers send key_share first, in one record; so do those of NSS, and others in QUIC."""
    flight = SCHANNEL._replace(
        tls13=True, extensions=(0x33, 0x2B), suite=0x1301, session_id=None, one_record=one_record
    )

    assert _server(flight) is None

"""Where each stack is told what to send and whom to trust."""

from __future__ import annotations

import re

import pytest

from tlsparse.diagnosis import settings
from tlsparse.diagnosis.settings import chain_setting, trust_setting
from tlsparse.handshake.stacks import Stack

TABLES = (settings.SEND_CHAIN, settings.SEND_OWN, settings.TRUST_SERVER, settings.TRUST_CLIENT)


@pytest.fixture
def between(handshake, monkeypatch):
    """A handshake between stacks that were recognised."""

    def make(client: Stack | None, server: Stack | None):
        monkeypatch.setattr(settings, "client_stack", lambda _: client)
        monkeypatch.setattr(settings, "server_stack", lambda _: server)
        return handshake("C client_hello")

    return make


@pytest.mark.parametrize(
    "server, expected",
    [
        (Stack("OpenSSL", "openssl", 0.9), "Apache: SSLCertificateFile"),
        (Stack("Java", "java", 0.9), "keytool -importcert"),
        (Stack("tlslite-ng", "tlslite", 0.9), "IIS: Intermediate"),
        (None, "IIS: Intermediate"),
    ],
)
def test_a_server_is_told_where_its_chain_goes(between, server, expected):
    assert expected in str(chain_setting(between(None, server), "server"))


@pytest.mark.parametrize(
    "client, expected",
    [
        (Stack("OpenSSL 3 (curl)", "curl", 0.9), "curl: --cacert"),
        (Stack("OpenSSL 3 (Python)", "openssl", 0.9), "REQUESTS_CA_BUNDLE"),
        (Stack("SChannel (Windows 10)", "schannel", 0.9), "certlm.msc"),
        (None, "update-ca-certificates"),
    ],
)
def test_a_client_is_told_where_a_root_goes(between, client, expected):
    assert expected in str(trust_setting(between(client, None), "server"))


@pytest.mark.parametrize(
    "client, expected",
    [
        (Stack("OpenSSL 3 (curl)", "curl", 0.9), "curl: --cert client.pem"),
        (Stack("OpenSSL 3 (Python)", "openssl", 0.9), "load_cert_chain"),
        (None, "proxy_ssl_certificate"),
    ],
)
def test_a_client_is_told_where_its_own_certificate_goes(between, client, expected):
    assert expected in str(chain_setting(between(client, None), "client"))


def test_a_server_is_told_where_an_authority_of_clients_goes(between):
    go = Stack("Go crypto/tls", "go", 0.9)

    assert "ClientCAs" in str(trust_setting(between(None, go), "client"))


@pytest.mark.parametrize("table", TABLES)
def test_a_setting_is_a_sentence_for_anybody(table):
    assert table[""]
    assert all(re.fullmatch(r"[^{}]+\.", sentence) for sentence in table.values())

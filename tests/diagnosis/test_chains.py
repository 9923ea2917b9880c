"""What is said of the faults of a chain."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

import tlsparse
from tlsparse.diagnosis.causes import causes
from tlsparse.diagnosis.chains import (
    WORDS,
    Shown,
    besides,
    check_command,
    fix_of,
    mender_of,
    summary_of,
    together,
)
from tlsparse.diagnosis.finding import Text
from tlsparse.tls.x509 import X509
from tlsparse.trust.chain import GRAVITY, ChainVerdict, Fault

FORMS = [
    pytest.param(kind, why, id=f"{kind}.{why}" if why else kind)
    for kind, _, why in (name.partition(".") for name in WORDS)
]


@pytest.fixture
def shown(handshake, tls12):
    """A chain of which something is said, and the handshake in which it was shown."""
    shake = handshake(tls12)
    leaf = X509("0" * 64, subject="CN=www", issuer="CN=Acme")
    event = shake.first("certificate")
    verdict = ChainVerdict((leaf,), (), anchored=False, complete=False)
    return Shown(event, datetime(2026, 6, 1, tzinfo=UTC), verdict), shake


def test_every_kind_of_fault_has_its_words():
    assert set(GRAVITY) == {name.partition(".")[0] for name in WORDS}


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_words_are_sentences_about_known_causes(words):
    assert set(words.causes) <= set(causes())
    sentences = [words.summary, words.fix, words.authority_summary, words.authority_fix]
    assert all(sentence[-1] == "." for sentence in sentences if sentence)


@pytest.mark.parametrize("side", ["server", "client"])
@pytest.mark.parametrize("position", [0, 1])
@pytest.mark.parametrize("kind, why", FORMS)
def test_every_fault_can_be_said(shown, kind, why, position, side):
    about, shake = shown
    fault = Fault(kind, about.verdict.leaf, position, "the value", why)
    said = str(summary_of(fault, about, shake, side)) + str(fix_of(fault, about, shake, side))

    assert not set("{}") & set(said)
    assert mender_of(fault, side) in ("server", "client", "network")


def test_sentences_are_put_together():
    both = together(Text("One {x}.", x=1), None, "", Text("Two."))

    assert "One 1. Two." == str(both)


def test_only_so_many_other_faults_are_written_out(shown):
    about, shake = shown
    faults = [Fault("duplicate", about.verdict.leaf, 0)] * 9

    assert None is besides([], about, shake, "server")
    assert 5 == str(besides(faults, about, shake, "server")).count("twice")


@pytest.mark.parametrize(
    "capture, option",
    [
        ("starttls_smtp", ":25 -starttls smtp "),
        ("starttls_imap", ":143 -starttls imap "),
        ("dtls12", ":443 -dtls "),
        ("quic", ":443 -quic -alpn h3 "),
        ("tls13", ":443 -servername "),
        ("proxy_connect", " -connect server.test:443 -proxy 192.0.2.80:8080 -servername "),
    ],
)
def test_the_command_reaches_the_server_the_way_that_the_client_did(captures, capture, option):
    shake = tlsparse.read(captures / f"{capture}.pcap").handshake(0)

    assert option in check_command(shake)


def test_a_certificate_without_any_name_is_told_without_one(shown):
    its, shake = shown
    fault = Fault("no_san", X509("0" * 64), 0, "", "nameless")

    assert "no common name" in str(summary_of(fault, its, shake, "server"))

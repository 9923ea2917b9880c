"""Roots and revocation lists that whoever reads a capture gives."""

from __future__ import annotations

from datetime import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from tlsparse.errors import UsageError
from tlsparse.trust.roots import PUBLIC, default_roots
from tlsparse.trust.trust import read_trust


@pytest.fixture
def crl(ca):
    builder = x509.CertificateRevocationListBuilder().issuer_name(ca.root.certificate.subject)
    builder = builder.last_update(datetime(2026, 1, 1)).next_update(datetime(2027, 1, 1))
    return builder.sign(ca.root.key, hashes.SHA256()).public_bytes(Encoding.DER)


def test_nothing_given_is_nothing_to_add():
    assert None is read_trust()


@pytest.mark.parametrize("form", ["pem", "der"])
def test_roots_come_to_the_public_ones(ca, tmp_path, form):
    path = tmp_path / "ours"
    path.write_bytes(getattr(ca.root, form))
    trust = read_trust(path)

    assert trust is not None
    assert len(default_roots()) + 1 == len(trust.roots)
    assert [str(path)] == [root.store for root in trust.roots.named("CN=Known Root")]
    assert PUBLIC in {root.store for root in trust.roots.named(_a_public_subject())}


def _a_public_subject():
    from tlsparse.tls.x509 import describe_certificate

    return describe_certificate(default_roots().certificates[0]).subject


def test_several_files_and_folders_are_read(ca, crl, tmp_path):
    folder = tmp_path / "roots"
    (folder / "deeper").mkdir(parents=True)
    (folder / "a.pem").write_bytes(ca.root.pem + ca.stranger.pem)
    (folder / "notes.txt").write_text("not a certificate")
    single, lists = tmp_path / "i.der", tmp_path / "ours.crl"
    single.write_bytes(ca.intermediate.der)
    lists.write_bytes(crl)
    trust = read_trust([folder, str(single)], crls=[lists])

    assert trust is not None
    assert len(default_roots()) + 3 == len(trust.roots)
    assert 1 == len(trust.crls)


@pytest.mark.parametrize(
    "option, complaint",
    [("roots", "there is no certificate in"), ("crls", "there is no certificate revocation list")],
)
def test_a_file_with_nothing_in_it_is_a_mistake(ca, tmp_path, option, complaint):
    path = tmp_path / "empty"
    path.write_text("nothing")

    with pytest.raises(UsageError, match=complaint):
        read_trust(**{option: path})


@pytest.mark.parametrize("option", ["roots", "crls"])
def test_a_file_that_cannot_be_read_is_a_mistake(tmp_path, option):
    with pytest.raises(UsageError, match=r"cannot read .*nope: no such file"):
        read_trust(**{option: tmp_path / "nope"})


def test_a_chain_tells_in_which_store_its_root_is(judge, certificate, ca, tmp_path):
    path = tmp_path / "ours.pem"
    path.write_bytes(ca.stranger.pem)
    trust = read_trust(path)
    assert trust is not None
    verdict = judge(certificate("www", ca.stranger), roots=trust.roots)

    assert ((), str(path), False) == (verdict.faults, verdict.store, verdict.is_public)

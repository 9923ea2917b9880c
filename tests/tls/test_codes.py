from __future__ import annotations

import copy
import importlib.resources
import pickle
import re

import pytest

from tlsparse.tls import codes
from tlsparse.tls.codes import (
    CipherSuite,
    Code,
    ExtensionType,
    HandshakeType,
    NamedGroup,
    ProtocolVersion,
    PskKeyExchangeMode,
    SignatureScheme,
    TransportParameterId,
)

KINDS = [
    kind
    for name, kind in vars(codes).items()
    if isinstance(kind, type)
    and issubclass(kind, Code)
    and kind is not Code
    and not name.startswith("_")
]
GREASE = [0x0A0A + 0x1010 * i for i in range(16)]


def test_a_code_is_its_number_and_prints_as_its_name():
    suite = CipherSuite(0x1301)

    assert 0x1301 == suite
    assert hash(0x1301) == hash(suite)
    assert "TLS_AES_128_GCM_SHA256" == str(suite) == f"{suite}" == suite.name
    assert "1301" == f"{suite:04x}"
    assert "<CipherSuite TLS_AES_128_GCM_SHA256>" == repr(suite)


def test_a_value_without_a_name_keeps_its_number():
    assert "unknown_0x1399" == str(CipherSuite(0x1399))
    assert "unknown_0xfa" == str(HandshakeType(0xFA))
    assert not CipherSuite(0x1399).is_known


@pytest.mark.parametrize("value", GREASE)
def test_all_sixteen_grease_values_are_told_apart(value):
    assert f"grease_0x{value:04x}" == str(CipherSuite(value))
    assert ExtensionType(value).is_grease
    assert not CipherSuite(value + 1).is_grease


def test_grease_of_one_byte_has_its_own_rule():
    """RFC 8701 section 2 lists these eight."""
    grease = [value for value in range(256) if PskKeyExchangeMode(value).is_grease]

    assert [0x0B, 0x2A, 0x49, 0x68, 0x87, 0xA6, 0xC5, 0xE4] == grease
    assert "grease_0x0b" == str(PskKeyExchangeMode(0x0B))


def test_grease_of_transport_parameters_has_its_own_rule():
    assert TransportParameterId(27).is_grease
    assert TransportParameterId(31 * 1_000_000_007 + 27).is_grease
    assert not TransportParameterId(0x11).is_grease


def test_there_is_one_object_for_each_value():
    assert NamedGroup(0x1D) is NamedGroup(0x1D)
    assert NamedGroup(0x1D) is NamedGroup.x25519
    assert NamedGroup(0x1D) is pickle.loads(pickle.dumps(NamedGroup(0x1D)))
    assert NamedGroup(0x1D) is copy.deepcopy(NamedGroup(0x1D))
    assert CipherSuite(0x1399) is CipherSuite(0x1399)


def test_values_met_do_not_fill_the_memory():
    for value in range(1 << 17):
        TransportParameterId(value)

    assert 1 << 16 >= len(TransportParameterId._flyweights)


def test_a_name_that_no_registry_has_is_an_attribute_error():
    with pytest.raises(AttributeError, match="NamedGroup has no 'x25520'"):
        _ = NamedGroup.x25520


@pytest.mark.parametrize("kind", KINDS)
def test_names_of_a_registry_are_unique_and_fit_the_wire(kind):
    registered = kind.registered()

    assert len(registered) == len(set(registered.values())) > 0
    if kind not in (CipherSuite, TransportParameterId):
        assert max(registered) < 1 << 8 * kind.width


@pytest.mark.parametrize("kind", KINDS)
def test_grease_is_never_listed(kind):
    assert not any(kind(value).is_grease for value in kind.registered())


def test_every_registry_file_is_used():
    folder = importlib.resources.files("tlsparse.tls") / "registries"
    files = {file.name.removesuffix(".csv") for file in folder.iterdir() if ".csv" in file.name}

    assert files == {kind.registry for kind in KINDS} | {"object_identifiers"}


@pytest.mark.parametrize(
    "kind, values",
    [
        # All that IANA has assigned, as ranges of values.
        (HandshakeType, [*range(0, 7), *range(8, 18), *range(20, 27), 254]),
        (ExtensionType, [*range(0, 63), 0xFD00, 0xFE0D, 0xFF01]),
        (codes.AlertDescription, [0, 10, 20, 21, 22, 30, *range(40, 53), 60, 70, 71, 80, 86]),
        (codes.AlertDescription, [90, 100, *range(109, 118), 120, 121]),
        (codes.ContentType, range(20, 28)),
        (NamedGroup, [*range(1, 42), *range(256, 261), 512, 513, 514, *range(4587, 4591)]),
        (SignatureScheme, [0x0201, 0x0203, *range(0x0704, 0x0710), *range(0x0804, 0x080C)]),
        (SignatureScheme, [0x0401, 0x0403, 0x0501, 0x0503, 0x0601, 0x0603, 0x0904, 0x0906]),
        (CipherSuite, [*range(0x0000, 0x001C), *range(0x001E, 0x0047), *range(0x0067, 0x006E)]),
        (CipherSuite, [*range(0x0084, 0x00C8), 0x00FF, *range(0x1301, 0x1308), 0x5600]),
        (CipherSuite, [*range(0xC001, 0xC0B6), *range(0xC100, 0xC107), *range(0xCCA8, 0xCCAF)]),
        (CipherSuite, [0xD001, 0xD002, 0xD003, 0xD005]),
        (codes.CertificateType, range(4)),
        (codes.CertificateCompressionAlgorithm, [1, 2, 3]),
        (codes.ClientCertificateType, [1, 2, 3, 4, 5, 6, 20, *range(64, 69)]),
    ],
)
def test_what_iana_has_assigned_has_a_name(kind, values):
    assert [] == [hex(value) for value in values if not kind(value).is_known]


def test_names_are_spelled_as_iana_spells_them():
    assert "TLS_DH_anon_WITH_AES_128_CBC_SHA" == str(CipherSuite(0x0034))
    assert "session_ticket" == str(ExtensionType(35))
    assert "missing_extension" == str(codes.AlertDescription(109))


def test_the_registries_say_their_date():
    readme = importlib.resources.files("tlsparse.tls") / "registries" / "README.md"

    assert re.fullmatch(r"\d{4}-\d{2}", codes.REGISTRY_DATE)
    assert "August 2026" in readme.read_text(encoding="utf-8")
    assert "2026-08" == codes.REGISTRY_DATE


@pytest.mark.parametrize(
    "value, name",
    [
        (0x0002, "SSL 2.0"),
        (0x0300, "SSL 3.0"),
        (0x0301, "TLS 1.0"),
        (0x0302, "TLS 1.1"),
        (0x0303, "TLS 1.2"),
        (0x0304, "TLS 1.3"),
        (0xFEFF, "DTLS 1.0"),
        (0xFEFD, "DTLS 1.2"),
        (0xFEFC, "DTLS 1.3"),
        (0x7F17, "TLS 1.3 (draft 23)"),
        (0xFB17, "TLS 1.3 (Facebook draft 23)"),
        (0x1A1A, "grease_0x1a1a"),
        (0x0399, "unknown_0x0399"),
    ],
)
def test_versions_have_names(value, name):
    assert name == str(ProtocolVersion(value))


def test_drafts_and_experiments_stand_for_the_final_version():
    for value in (0x0304, 0x7F0E, 0x7F1C, 0xFB17, 0x7E01, 0x7A12):
        assert codes.TLS_1_3 is ProtocolVersion(value).final
        assert ProtocolVersion(value).is_tls13
    assert 23 == ProtocolVersion(0xFB17).draft
    assert codes.DTLS_1_0 is ProtocolVersion(0x0100).final
    assert codes.TLS_1_2 is codes.TLS_1_2.final
    assert not codes.TLS_1_2.is_tls13


def test_datagram_versions_are_known():
    assert [codes.DTLS_1_0, codes.DTLS_1_2, codes.DTLS_1_3] == [
        v for v in map(ProtocolVersion, (0xFEFF, 0xFEFD, 0xFEFC, 0x0303)) if v.is_datagram
    ]
    assert codes.DTLS_1_3.is_tls13

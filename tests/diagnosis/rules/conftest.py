"""Hellos and alerts to order, as words for a script: ``hex:`` and the record that holds them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

RANDOM = bytes(range(32))

DOWNGRADED = bytes(range(24)) + b"DOWNGRD\x01"
"""Random of a server that has TLS 1.3 and was made to choose TLS 1.2 (RFC 8446 section 4.1.3)."""

Extensions = Sequence[tuple[int, bytes]]


def numbers(codes: Sequence[int]) -> bytes:
    return b"".join(code.to_bytes(2, "big") for code in codes)


def vector(data: bytes, width: int = 2) -> bytes:
    return len(data).to_bytes(width, "big") + data


def record(kind: int, body: bytes) -> str:
    message = bytes((kind,)) + vector(body, 3)
    return "hex:" + (b"\x16\x03\x03" + vector(message)).hex()


def block(extensions: Extensions) -> bytes:
    return vector(b"".join(numbers((code,)) + vector(data) for code, data in extensions))


@pytest.fixture(scope="session")
def hello() -> Callable[..., str]:
    """Make the word for a ClientHello; None leaves an extension out."""

    def make(
        *,
        suites: Sequence[int] = (0x1301, 0x1302, 0x1303, 0xC02B, 0xC02F, 0xC02C, 0xC030, 0xC013),
        versions: Sequence[int] | None = (0x0304, 0x0303),
        groups: Sequence[int] | None = (0x001D, 0x0017, 0x0018),
        schemes: Sequence[int] | None = (0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501),
        name: str | None = "server.test",
        alpn: Sequence[str] = (),
        more: Extensions = ((0xFF01, b"\x00"), (0x0017, b"")),
        legacy: int = 0x0303,
        session_id: bytes = b"",
        padding: int = 0,
    ) -> str:
        extensions = list(more)
        if name is not None:
            extensions.append((0, vector(b"\x00" + vector(name.encode()))))
        if groups is not None:
            extensions.append((10, vector(numbers(groups))))
        if schemes is not None:
            extensions.append((13, vector(numbers(schemes))))
        if alpn:
            extensions.append((16, vector(b"".join(vector(p.encode(), 1) for p in alpn))))
        if versions is not None:
            extensions.append((43, vector(numbers(versions), 1)))
        if padding:
            extensions.append((21, bytes(padding)))
        body = numbers((legacy,)) + RANDOM + vector(session_id, 1) + vector(numbers(suites))
        return record(1, body + b"\x01\x00" + (block(extensions) if extensions else b""))

    return make


@pytest.fixture(scope="session")
def answer() -> Callable[..., str]:
    """Make the word for a ServerHello; TLS 1.3 is chosen by its extension."""

    def make(
        suite: int = 0xC02F,
        *,
        version: int = 0x0303,
        downgraded: bool = False,
        more: Extensions = ((0xFF01, b"\x00"), (0x0017, b"")),
        session_id: bytes = b"",
    ) -> str:
        extensions = [(43, numbers((version,)))] if version == 0x0304 else list(more)
        random = DOWNGRADED if downgraded else RANDOM
        body = numbers((min(version, 0x0303),)) + random + vector(session_id, 1) + numbers((suite,))
        return record(2, body + b"\x00" + (block(extensions) if extensions else b""))

    return make


@pytest.fixture(scope="session")
def alert() -> Callable[[int], str]:
    """Make the word for a fatal alert by its number."""
    return lambda number: f"hex:1503030002 02{number:02x}".replace(" ", "")


@pytest.fixture(scope="session")
def made() -> ModuleType:
    """The maker of certificates of `tests/trust`."""
    path = Path(__file__).parents[2] / "trust" / "conftest.py"
    spec = spec_from_file_location("trust_certificates", path)
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclasses look for their module
    spec.loader.exec_module(module)
    return module


SCRIPT_TIME = datetime(2023, 11, 14, 22, 13, tzinfo=UTC)
"""When scripts play."""


@pytest.fixture(scope="session")
def authority(made: ModuleType) -> Callable[..., object]:
    """Make an authority that is valid for years around the time of the scripts."""

    def make(name: str, issuer: object = None, **options: object) -> object:
        validity = {"begin": SCRIPT_TIME - timedelta(999), "end": SCRIPT_TIME + timedelta(999)}
        return made.make(name, issuer, **{"authority": True} | validity | options)

    return make


@pytest.fixture(scope="session")
def chain() -> Callable[..., str]:
    """Make the word for a Certificate of some certificates, the leaf first."""
    return lambda *sent: record(11, vector(b"".join(vector(made.der, 3) for made in sent), 3))


@pytest.fixture(scope="session")
def request_for() -> Callable[..., str]:
    """Make the word for a CertificateRequest that names some authorities (RFC 5246 section 7.4.4)."""

    def make(*authorities: object) -> str:
        names = (vector(made.certificate.subject.public_bytes()) for made in authorities)
        types, schemes = vector(b"\x01", 1), vector(numbers([0x0401]))
        return record(13, types + schemes + vector(b"".join(names)))

    return make


@pytest.fixture(scope="session")
def leaf(made: ModuleType) -> Callable[..., str]:
    """Make the word for a Certificate with one leaf of a private root, and that root.

    It is for server.test, unless told otherwise, and valid around the time of the scripts, 2023-11-14.
    """
    script_time = SCRIPT_TIME
    long = {"begin": script_time - timedelta(999), "end": script_time + timedelta(999)}
    root = made.make("Private Root", authority=True, **long)

    def make(begin_days: int = -10, end_days: int = 90, **options: object) -> str:
        validity = {
            "begin": script_time + timedelta(begin_days),
            "end": script_time + timedelta(end_days),
        }
        certificate = made.make("leaf", root, **{"names": ("server.test",)} | validity | options)
        chain = vector(certificate.der, 3) + vector(root.der, 3)
        return record(11, vector(chain, 3))

    return make

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tlsparse.tls.codes import NamedGroup
from tlsparse.tls.describe import describe
from tlsparse.tls.key_share import KeyShareEntry


@pytest.mark.parametrize(
    "value, text",
    [
        (None, ""),
        (True, "yes"),
        (False, "no"),
        (16385, "16385"),
        ("h2", "h2"),
        (b"", ""),
        (b"\x01\xff", "01ff"),
        (bytes(32), "00" * 32),
        (bytes(33), "00" * 32 + "… (33 bytes)"),
        ((), ""),
        ((NamedGroup(0x1D), NamedGroup(0x2A2A)), "x25519, grease_0x2a2a"),
        ((("a", b"\x01"), ("b", b"")), "a, 01, b, "),
        (KeyShareEntry(NamedGroup.x25519, bytes(32)), "x25519 (32 bytes)"),
        (datetime(2026, 8, 1, 12, tzinfo=UTC), "2026-08-01T12:00:00Z"),
    ],
)
def test_values_become_one_line(value, text):
    assert text == describe(value)

"""The PROXY protocol, sections 2.1 and 2.2."""

from __future__ import annotations

SIGNATURE = bytes.fromhex("0d 0a 0d 0a 00 0d 0a 51 55 49 54 0a")
TO_443 = bytes.fromhex("c0 00 02 01  c0 00 02 02  cf 10  01 bb")  # 192.0.2.1:53008 to 192.0.2.2:443


def test_version_1_is_a_line(said):
    prelude = said("C: PROXY TCP4 192.0.2.1 192.0.2.2 53008 443")

    assert ("proxy", "1", "192.0.2.2:443") == (prelude.protocol, prelude.variant, prelude.target)
    assert prelude.asked is None
    assert prelude.refused is None


def test_version_1_may_know_nobody(said):
    assert "" == said("C: PROXY UNKNOWN").target


def test_version_2_has_a_length_and_maybe_more_than_addresses(mixed):
    noop = bytes.fromhex("04 00 01 00")

    prelude = mixed(("C", SIGNATURE + b"\x21\x11\x00\x10" + TO_443 + noop))

    assert ("2", "192.0.2.2:443") == (prelude.variant, prelude.target)
    assert (32, 0) == prelude.opened


def test_a_local_connection_has_no_target(mixed):
    assert "" == mixed(("C", SIGNATURE + b"\x20\x00\x00\x00")).target


def test_what_follows_is_read_too(mixed):
    prelude = mixed(
        ("C", SIGNATURE + b"\x21\x11\x00\x0c" + TO_443),
        ("S", b"+OK POP3 ready\r\n"),
        ("C", b"STLS\r\n"),
        ("S", b"+OK\r\n"),
    )

    assert ("proxy", "pop3") == prelude.protocols
    assert prelude.granted


def test_a_header_that_is_cut_is_none(mixed):
    assert mixed(("C", SIGNATURE + b"\x21\x11\x00\x0c" + TO_443[:-1])) is None

from __future__ import annotations

from tlsparse.tls.codes import NamedGroup
from tlsparse.tls.key_share import KeyShareEntry, client_shares
from tlsparse.tls.reader import Reader


def test_keys_are_kept_with_their_groups(wire):
    shares = client_shares(
        Reader(wire("00 0c  2a 2a 00 01 00  00 1d 00 03 aa bb cc"))  # GREASE, x25519
    )

    assert (
        KeyShareEntry(NamedGroup(0x2A2A), b"\x00"),
        KeyShareEntry(NamedGroup.x25519, b"\xaa\xbb\xcc"),
    ) == shares


def test_a_client_may_send_no_key_to_be_asked_for_one():
    assert () == client_shares(Reader(bytes(2)))

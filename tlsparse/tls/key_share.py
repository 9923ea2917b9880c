"""The key_share extension: public keys, each with the group it belongs to.

The client sends keys for a few of the groups that it supports. A server that likes one answers with
its own key of that group; one that likes another group asks for it in a HelloRetryRequest, with the
group alone.

Source: RFC 8446 section 4.2.8.
"""

from __future__ import annotations

from dataclasses import dataclass

from tlsparse.tls.codes import NamedGroup
from tlsparse.tls.reader import Reader


@dataclass(frozen=True, slots=True)
class KeyShareEntry:
    """A public key and its group."""

    group: NamedGroup
    key_exchange: bytes

    def __str__(self) -> str:
        return f"{self.group} ({len(self.key_exchange)} bytes)"


def key_share_entry(body: Reader) -> KeyShareEntry:
    """Decode one KeyShareEntry; alone it is the key_share of a ServerHello."""
    return KeyShareEntry(NamedGroup(body.u16()), body.vector(2, "key_exchange").rest())


def client_shares(body: Reader) -> tuple[KeyShareEntry, ...]:
    """Decode the key_share of a ClientHello: one entry for each group, none to ask for a retry."""
    return body.vector(2, "client_shares").list(key_share_entry)


def selected_group(body: Reader) -> NamedGroup:
    """Decode the key_share of a HelloRetryRequest."""
    return NamedGroup(body.u16())

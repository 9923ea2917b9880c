"""The pre_shared_key extension: keys known from before, mostly session tickets of TLS 1.3.

Each identity names a key; the binder of the same position proves that the client knows it. The age
of a ticket is in milliseconds plus a secret number of the ticket, modulo 2^32, so that an observer
cannot link connections by it.

Source: RFC 8446 section 4.2.11.
"""

from __future__ import annotations

from dataclasses import dataclass

from tlsparse.tls.reader import Reader


@dataclass(frozen=True, slots=True)
class PskIdentity:
    """The name of a key: a ticket, or what an administrator chose."""

    identity: bytes
    obfuscated_ticket_age: int

    def __str__(self) -> str:
        return f"{len(self.identity)} bytes"


@dataclass(frozen=True, slots=True)
class OfferedPsks:
    """What the client offers: identities, and the length in bytes of each one's binder."""

    identities: tuple[PskIdentity, ...]
    binder_lengths: tuple[int, ...]

    def __str__(self) -> str:
        return f"identities: {', '.join(map(str, self.identities))}"


def offered_psks(body: Reader) -> OfferedPsks:
    """Decode the pre_shared_key of a ClientHello."""
    return OfferedPsks(
        identities=body.vector(2, "identities").list(_identity),
        binder_lengths=body.vector(2, "binders").list(lambda r: len(r.vector(1, "binder").rest())),
    )


def _identity(body: Reader) -> PskIdentity:
    return PskIdentity(body.vector(2, "identity").rest(), body.u32())


def selected_identity(body: Reader) -> int:
    """Decode the pre_shared_key of a ServerHello: the position of the identity taken, from 0."""
    return body.u16()

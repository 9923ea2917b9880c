"""NewSessionTicket: what the client may bring back to resume the session.

A ticket is the server's own state in a cipher that only the server can read. Up to TLS 1.2 it comes
before the server's Finished; in TLS 1.3 after the handshake, as often as the server likes, with a
number that hides its age.

Source: RFC 5077 section 3.3; RFC 8446 section 4.6.1.
"""

from __future__ import annotations

from dataclasses import dataclass

from tlsparse.tls.context import Context
from tlsparse.tls.extensions import Extensible, Extension, decode_extensions
from tlsparse.tls.reader import Reader


@dataclass(frozen=True, slots=True)
class NewSessionTicket(Extensible):
    """A ticket; up to TLS 1.2 without `ticket_age_add`, nonce and extensions."""

    ticket_lifetime_s: int
    ticket_age_add: int | None
    ticket_nonce: bytes
    ticket: bytes
    extensions: tuple[Extension, ...]


def decode_new_session_ticket(body: Reader, context: Context) -> NewSessionTicket:
    """Decode the body of a NewSessionTicket message."""
    if not context.is_tls13:
        return NewSessionTicket(body.u32(), None, b"", body.vector(2, "ticket").rest(), ())
    draft = context.version.draft if context.version else None
    has_nonce = draft is None or draft >= 21
    return NewSessionTicket(
        ticket_lifetime_s=body.u32(),
        ticket_age_add=body.u32(),
        ticket_nonce=body.vector(1, "ticket_nonce").rest() if has_nonce else b"",
        ticket=body.vector(2, "ticket").rest(),
        extensions=decode_extensions(body.vector(2, "extensions"), "new_session_ticket"),
    )

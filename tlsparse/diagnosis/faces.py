"""What a server showed of itself, and to which offer.

Machines behind one address are told apart by what they answer to the same offer: version, cipher suite, the make of the
ServerHello, the certificate. An offer to resume is left out, since the answer to it depends on the session.
"""

from __future__ import annotations

from typing import NamedTuple

from tlsparse.handshake.handshake import Handshake
from tlsparse.handshake.offer import real
from tlsparse.tls.certificate import Certificate
from tlsparse.tls.codes import CipherSuite, ExtensionType, ProtocolVersion
from tlsparse.tls.hello import ClientHello

CHANGING = (ExtensionType.status_request,)
"""Extensions that a server has or has not by chance: each worker of nginx staples once it has fetched an answer."""


class Face(NamedTuple):
    """What a server showed. The fields bear the names under which the tables have them."""

    version: ProtocolVersion
    cipher_suite: CipherSuite | None
    extensions: tuple[int, ...]
    session_id: int | None  # length, up to TLS 1.2
    certificate: bytes  # leaf; empty where it is encrypted


def face_of(handshake: Handshake) -> Face | None:
    """Return what the server showed; None without a ServerHello, or where a session may have been the reason."""
    hello, answer = handshake.client_hello, handshake.server_hello
    if hello is None or answer is None or offers_session(hello):
        return None
    leaf, hidden = leaf_of(handshake), answer.version.is_tls13
    if not leaf and not hidden:
        return None
    return Face(
        answer.version,
        answer.cipher_suite,
        tuple([e.type for e in answer.extensions if e.type not in CHANGING]),
        None if hidden else len(answer.session_id),
        leaf,
    )


def leaf_of(handshake: Handshake) -> bytes:
    """Return the server's own certificate; empty where it is encrypted or was not sent."""
    chain = handshake.body("certificate", Certificate, "server")
    return chain.certificates[0] if chain is not None and chain.certificates else b""


def offer_of(hello: ClientHello) -> tuple[object, ...]:
    """Return what a server's choice depends on; two hellos with the same get the same answer of one machine."""
    return (
        real(hello.versions),
        real(hello.cipher_suites),
        real(hello.groups),
        real(hello.key_share_groups),
        hello.signature_schemes,
        hello.alpn,
        hello.server_name,
    )


def offers_session(hello: ClientHello) -> bool:
    """Tell whether a client would take up an earlier session.

    By pre-shared key in TLS 1.3; by ticket or session id before, which a client that offers TLS 1.3 fills with noise.
    """
    if hello.extension(ExtensionType.pre_shared_key) is not None or hello.session_ticket:
        return True
    return bool(hello.session_id) and not hello.supported_versions

"""The hellos: what the client offers, and what the server picks.

The two hellos have kept their shape since SSL 3.0, and everything new went into extensions: the
version, since TLS 1.3, is not in the field of that name. So the dataclasses hold the fields as they
were sent, in the RFC's order, and their properties say what they mean. Three old forms are read as
well: the hello in SSL 2.0's format, which clients sent for many years to servers that might know
nothing newer; the ServerHello of TLS 1.3 drafts 16 to 21, shorter than that of any final version;
and the drafts' HelloRetryRequest, then a message of its own.

Source: RFC 8446 sections 4.1.2 to 4.1.4, RFC 5246 section 7.4.1, RFC 6347 section 4.3.2 (cookie),
RFC 5246 appendix E.2 (SSL 2.0's format).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from tlsparse.tls.codes import (
    DTLS_1_0,
    DTLS_1_2,
    TLS_1_1,
    TLS_1_2,
    CipherSuite,
    CompressionMethod,
    ExtensionType,
    NamedGroup,
    NameType,
    ProtocolVersion,
    SignatureScheme,
)
from tlsparse.tls.extensions import Extensible, Extension, decode_extensions
from tlsparse.tls.key_share import KeyShareEntry
from tlsparse.tls.reader import Reader

# SHA-256 of "HelloRetryRequest". Source: RFC 8446 section 4.1.3.
HELLO_RETRY_REQUEST_RANDOM = bytes.fromhex(
    "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"
)

# Its type among the messages of SSL 2.0.
SSL2_CLIENT_HELLO = 1

# A hello begins with its version and random.
HEAD_BYTES = 34

# Hellos of which all but the random is remembered. A capture holds a few hundred kinds at most.
REMEMBERED = 2048


@dataclass(frozen=True, slots=True)
class HelloRequest:
    """The server would like to negotiate again. Source: RFC 5246 section 7.4.1.1."""


def decode_hello_request(body: Reader) -> HelloRequest:
    """Decode the body of a HelloRequest, which is empty."""
    return HelloRequest()


@dataclass(frozen=True, slots=True)
class ClientHello(Extensible):
    """What a client offers.

    `cookie` is that of DTLS, empty elsewhere. `cipher_specs` holds, for a hello in SSL 2.0's
    format, all that was offered, three bytes each; `cipher_suites` then holds those of them that
    are TLS's.
    """

    legacy_version: ProtocolVersion
    random: bytes
    session_id: bytes
    cookie: bytes
    cipher_suites: tuple[CipherSuite, ...]
    compression_methods: tuple[CompressionMethod, ...]
    extensions: tuple[Extension, ...]
    cipher_specs: tuple[CipherSuite, ...] = ()
    derived: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """What was concluded from all but the random, by name: hellos that differ in nothing else share it."""

    @property
    def gmt_unix_time(self) -> int:
        """First four bytes of the random: seconds since 1970 in old stacks, noise in newer ones."""
        return Reader(self.random, "random").u32()

    @property
    def server_name(self) -> str | None:
        """Host name that the client asks for. Source: RFC 6066 section 3."""
        if "server_name" not in self.derived:
            names = self.value(ExtensionType.server_name) or ()
            hosts = (str(name) for name in names if name.type == NameType.host_name)
            self.derived["server_name"] = next(hosts, None)
        name: str | None = self.derived["server_name"]
        return name

    @property
    def alpn(self) -> tuple[str, ...]:
        """Application protocols offered, the best first. Source: RFC 7301."""
        return self.value(ExtensionType.application_layer_protocol_negotiation) or ()

    @property
    def supported_versions(self) -> tuple[ProtocolVersion, ...]:
        """Versions in the extension of that name; empty for clients older than TLS 1.3."""
        return self.value(ExtensionType.supported_versions) or ()

    @property
    def versions(self) -> tuple[ProtocolVersion, ...]:
        """Versions offered: those of the extension, else the legacy version alone."""
        return self.supported_versions or (self.legacy_version,)

    @property
    def groups(self) -> tuple[NamedGroup, ...]:
        """Groups supported, the best first."""
        return self.value(ExtensionType.supported_groups) or ()

    @property
    def signature_schemes(self) -> tuple[SignatureScheme, ...]:
        """Signatures that the client accepts in the handshake, the best first."""
        return self.value(ExtensionType.signature_algorithms) or ()

    @property
    def key_shares(self) -> tuple[KeyShareEntry, ...]:
        """Public keys sent in advance."""
        shares = self.value(ExtensionType.key_share)
        return self.value(ExtensionType.key_share_old) or () if shares is None else shares

    @property
    def post_quantum_share(self) -> KeyShareEntry | None:
        """The key share that makes a hello larger than a packet; None without.

        Source: RFC 9846 section 4.3.8; draft-ietf-tls-ecdhe-mlkem (X25519MLKEM768 and others).
        """
        marks = ("MLKEM", "Kyber")
        return next((s for s in self.key_shares if any(m in s.group.name for m in marks)), None)

    @property
    def key_share_groups(self) -> tuple[NamedGroup, ...]:
        """Groups for which the client sent a public key in advance."""
        return tuple(share.group for share in self.key_shares)

    @property
    def psk_identities(self) -> tuple[bytes, ...]:
        """Names of the keys, mostly tickets, with which the client would resume in TLS 1.3."""
        offered = self.value(ExtensionType.pre_shared_key)
        return () if offered is None else tuple(psk.identity for psk in offered.identities)

    @property
    def early_data(self) -> bool:
        """Whether data may follow before the server has answered (0-RTT)."""
        return self.extension(ExtensionType.early_data) is not None

    @property
    def session_ticket(self) -> bytes | None:
        """Ticket with which the client would resume in TLS 1.2.

        Empty if it only says that it takes one.
        """
        ticket: bytes | None = self.value(ExtensionType.session_ticket)
        return ticket


def decode_client_hello(body: Reader, datagram: bool = False) -> ClientHello:
    """Decode the body of a ClientHello message.

    Every offered value is kept, known to the registries or not.

    Parameters
    ----------
    body
        Reader bounded to the message body, past the 4-byte header.
    datagram
        Whether the carrier is DTLS, whose hello has a cookie; its version numbers say so too.

    Source: RFC 8446 section 4.1.2; for the missing extension block, RFC 5246 section 7.4.1.2.
    """
    legacy_version = ProtocolVersion(body.u16())
    has_cookie = datagram or legacy_version.is_datagram
    random = body.opaque(32)
    session_id, cookie, suites, methods, extensions, derived = _offer(body.rest(), has_cookie)
    return ClientHello(
        legacy_version, random, session_id, cookie, suites, methods, extensions, (), derived
    )


@lru_cache(maxsize=REMEMBERED)
def _offer(
    rest: bytes, has_cookie: bool
) -> tuple[
    bytes,
    bytes,
    tuple[CipherSuite, ...],
    tuple[CompressionMethod, ...],
    tuple[Extension, ...],
    dict[str, Any],
]:
    """Decode what follows the random, which many hellos of one client have in common."""
    body = Reader(rest, "client_hello", HEAD_BYTES)
    derived: dict[str, Any] = {}
    offer = (
        body.vector(1, "legacy_session_id").rest(),
        body.vector(1, "cookie").rest() if has_cookie else b"",
        body.vector(2, "cipher_suites").codes(CipherSuite),
        body.vector(1, "compression_methods").codes(CompressionMethod, 1),
        _extensions(body, "client_hello"),
        derived,
    )
    body.finish()
    return offer


def _extensions(body: Reader, message: str) -> tuple[Extension, ...]:
    return decode_extensions(body.vector(2, "extensions"), message) if len(body) else ()


def decode_ssl2_client_hello(data: bytes) -> ClientHello:
    """Decode a ClientHello in the format of SSL 2.0.

    Parameters
    ----------
    data
        The record past its 2-byte length, from the byte that says its type.

    Raises
    ------
    DecodeError
        If it is of another type, or bytes are missing or left over.

    Source: RFC 5246 appendix E.2.
    """
    body = Reader(data, "client_hello")
    if body.u8() != SSL2_CLIENT_HELLO:
        body.fail("is a message of another type")
    version = ProtocolVersion(body.u16())
    cipher_spec_length, session_id_length, challenge_length = body.u16(), body.u16(), body.u16()
    specs = CipherSuite.each(body.part(cipher_spec_length, "cipher_specs").list(Reader.u24))
    session_id = body.opaque(session_id_length)
    challenge = body.part(challenge_length, "challenge")
    body.finish()
    # The last 32 bytes of the challenge, with zeros before it if it is shorter, are the random.
    challenge.opaque(max(0, challenge_length - 32))
    return ClientHello(
        legacy_version=version,
        random=challenge.rest().rjust(32, b"\0"),
        session_id=session_id,
        cookie=b"",
        cipher_suites=tuple(spec for spec in specs if spec <= 0xFFFF),
        compression_methods=(),
        extensions=(),
        cipher_specs=specs,
    )


@dataclass(frozen=True, slots=True)
class ServerHello(Extensible):
    """What a server picks; or a HelloRetryRequest, of the same shape since draft 22 of TLS 1.3.

    `random` is empty in the HelloRetryRequest of older drafts, `cipher_suite` None in that of the
    oldest.
    """

    legacy_version: ProtocolVersion
    random: bytes
    session_id: bytes
    cipher_suite: CipherSuite | None
    compression_method: CompressionMethod | None
    extensions: tuple[Extension, ...]

    @property
    def is_hello_retry_request(self) -> bool:
        """Whether the server asks for another ClientHello."""
        return self.random in (HELLO_RETRY_REQUEST_RANDOM, b"")

    @property
    def version(self) -> ProtocolVersion:
        """Version that the server picked. Source: RFC 8446 section 4.2.1."""
        selected: ProtocolVersion | None = self.value(ExtensionType.supported_versions)
        return self.legacy_version if selected is None else selected

    @property
    def group(self) -> NamedGroup | None:
        """Group of the server's key, or the group that it asks for; None up to TLS 1.2."""
        share = self.value(ExtensionType.key_share)
        if share is None:
            share = self.value(ExtensionType.key_share_old)
        return share.group if isinstance(share, KeyShareEntry) else share

    @property
    def alpn(self) -> str | None:
        """Application protocol picked, if it is not picked later in EncryptedExtensions."""
        names = self.value(ExtensionType.application_layer_protocol_negotiation)
        return names[0] if names else None

    @property
    def psk_selected(self) -> int | None:
        """Position, from 0, of the pre-shared key that the server takes."""
        selected: int | None = self.value(ExtensionType.pre_shared_key)
        return selected

    @property
    def downgrade_sentinel(self) -> ProtocolVersion | None:
        """The version that a newer server says it was made to pick; None if it says nothing.

        TLS 1.1 stands for TLS 1.1 and all below. Source: RFC 8446 section 4.1.3.
        """
        datagram = self.legacy_version.is_datagram
        if self.random.endswith(b"DOWNGRD\x01"):
            return DTLS_1_2 if datagram else TLS_1_2
        if self.random.endswith(b"DOWNGRD\x00"):
            return DTLS_1_0 if datagram else TLS_1_1
        return None


def decode_server_hello(body: Reader) -> ServerHello:
    """Decode the body of a ServerHello message, or of a HelloRetryRequest of the same shape.

    Source: RFC 8446 section 4.1.3; drafts 16 to 21 of TLS 1.3 had neither session id nor
    compression.
    """
    version = ProtocolVersion(body.u16())
    random = body.opaque(32)
    message = "hello_retry_request" if random == HELLO_RETRY_REQUEST_RANDOM else "server_hello"
    short = version.draft is not None and version.draft < 22
    return ServerHello(version, random, *_choice(body.rest(), message, short))


@lru_cache(maxsize=REMEMBERED)
def _choice(
    rest: bytes, message: str, short: bool
) -> tuple[bytes, CipherSuite, CompressionMethod | None, tuple[Extension, ...]]:
    """Decode what follows the random."""
    body = Reader(rest, message, HEAD_BYTES)
    choice = (
        b"" if short else body.vector(1, "legacy_session_id_echo").rest(),
        CipherSuite(body.u16()),
        None if short else CompressionMethod(body.u8()),
        _extensions(body, message),
    )
    body.finish()
    return choice


def decode_draft_hello_retry_request(body: Reader) -> ServerHello:
    """Decode the body of a HelloRetryRequest of TLS 1.3 drafts up to 21, a message of its own type.

    It gained a cipher suite with draft 19. Source: draft-ietf-tls-tls13-18 and -19, section 4.1.4.
    """
    version = ProtocolVersion(body.u16())
    has_suite = version.draft is None or version.draft >= 19
    return ServerHello(
        legacy_version=version,
        random=b"",
        session_id=b"",
        cipher_suite=CipherSuite(body.u16()) if has_suite else None,
        compression_method=None,
        extensions=decode_extensions(body.vector(2, "extensions"), "hello_retry_request"),
    )


@dataclass(frozen=True, slots=True)
class HelloVerifyRequest:
    """A DTLS server's demand to say hello again with this cookie.

    Source: RFC 6347 section 4.2.1.
    """

    server_version: ProtocolVersion
    cookie: bytes


def decode_hello_verify_request(body: Reader) -> HelloVerifyRequest:
    """Decode the body of a HelloVerifyRequest message."""
    return HelloVerifyRequest(ProtocolVersion(body.u16()), body.vector(1, "cookie").rest())


@dataclass(frozen=True, slots=True)
class EncryptedExtensions(Extensible):
    """The rest of what a TLS 1.3 server picks. Source: RFC 8446 section 4.3.1."""

    extensions: tuple[Extension, ...]

    @property
    def alpn(self) -> str | None:
        """Application protocol picked."""
        names = self.value(ExtensionType.application_layer_protocol_negotiation)
        return names[0] if names else None

    @property
    def early_data(self) -> bool:
        """Whether the server takes the early data."""
        return self.extension(ExtensionType.early_data) is not None


def decode_encrypted_extensions(body: Reader) -> EncryptedExtensions:
    """Decode the body of an EncryptedExtensions message."""
    extensions = decode_extensions(body.vector(2, "extensions"), "encrypted_extensions")
    return EncryptedExtensions(extensions)

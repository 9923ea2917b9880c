"""The bodies of one side's handshake messages, decoded; and what the server chose, which decoding depends on.

All carriers share this: records over TCP, datagrams of DTLS, CRYPTO frames of QUIC.
"""

from __future__ import annotations

from tlsparse.errors import DecodeError
from tlsparse.handshake.event import Event, Side
from tlsparse.tls.codes import CipherSuite, HandshakeType, ProtocolVersion
from tlsparse.tls.hello import ServerHello
from tlsparse.tls.messages import Context, decode_message, message_name


class Bodies:
    """Decodes what one side says.

    Attributes
    ----------
    version, cipher_suite
        What the server chose, None as long as that is not known.
    """

    def __init__(
        self,
        sender: Side,
        version: ProtocolVersion | None = None,
        cipher_suite: CipherSuite | None = None,
    ) -> None:
        self._sender = sender
        self.choose(version, cipher_suite)

    def choose(self, version: ProtocolVersion | None, cipher_suite: CipherSuite | None) -> None:
        """Take up what the server chose."""
        self.version = version
        self.cipher_suite = cipher_suite
        self._context = Context(version, cipher_suite, self._sender)

    @property
    def is_tls13(self) -> bool:
        """Whether the version chosen is TLS 1.3, over whatever carrier."""
        return self.version is not None and self.version.is_tls13

    def read(self, event: Event, kind: HandshakeType, body: bytes) -> str | None:
        """Decode the body of a message into its event; return what is wrong with it, if anything is.

        A ServerHello is taken up, and one that is a HelloRetryRequest gets its name.
        """
        try:
            event.body = decode_message(kind, body, self._context)
        except DecodeError as error:
            return str(error)
        if isinstance(event.body, ServerHello):
            event.name = message_name(kind, event.body)
            self.choose(event.body.version, event.body.cipher_suite)
        return None

"""A handshake: everything that happened on a flow from its first packet to the end of the negotiation.

`build_handshakes` makes all handshakes of a flow; a renegotiation is another handshake of the same flow. What was
agreed on is read off the messages when it is asked for, since most of it is asked for once or never.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from tlsparse.flow.flow import Endpoint, Flow
from tlsparse.flow.header import Habit
from tlsparse.flow.streams import Stream
from tlsparse.handshake.course import read_flow
from tlsparse.handshake.event import Event, Line, Side
from tlsparse.handshake.order import is_tls13
from tlsparse.handshake.outcome import Ending, Outcome, Step, conclude
from tlsparse.handshake.speech import Speech
from tlsparse.tls.certificate import Certificate, CertificateVerify
from tlsparse.tls.codes import (
    CipherSuite,
    ExtensionType,
    NamedGroup,
    ProtocolVersion,
    SignatureScheme,
)
from tlsparse.tls.fingerprint import ja3, ja3s, ja4
from tlsparse.tls.hello import ClientHello, EncryptedExtensions, ServerHello
from tlsparse.tls.key_exchange import ServerKeyExchange
from tlsparse.tls.ssl2 import ClientMasterKey, Ssl2ServerHello

if TYPE_CHECKING:
    from tlsparse.handshake.stacks import Stack
    from tlsparse.prelude.foreign import Foreign
    from tlsparse.trust.trust import Trust

Body = TypeVar("Body")

LETTERS = {
    "hello_request": "H",
    "client_hello": "C",
    "server_hello": "S",
    "hello_retry_request": "J",
    "hello_verify_request": "V",
    "new_session_ticket": "T",
    "end_of_early_data": "E",
    "encrypted_extensions": "O",
    "certificate": "X",
    "compressed_certificate": "X",
    "server_key_exchange": "K",
    "certificate_request": "R",
    "server_hello_done": "N",
    "certificate_verify": "Y",
    "client_key_exchange": "G",
    "client_master_key": "G",
    "finished": "F",
    "certificate_url": "W",
    "certificate_status": "U",
    "supplemental_data": "A",
    "key_update": "P",
    "change_cipher_spec": "I",
    "encrypted": "Z",
    "application_data": "D",
}
"""Letters of `Handshake.story`, those of Zeek's ``ssl_history`` where it has one."""

KINDS = ("message", "alert", "transport", "data")

TRANSPORT_LETTERS = {"fin": "$", "rst": "!", "gap": "?"}


class Precedent(NamedTuple):
    """What a server accepted in another handshake of the capture."""

    client: str  # address of that client
    offer: ClientHello
    choice: ServerHello
    group: NamedGroup | None
    signature_scheme: SignatureScheme | None
    answer: Event  # the ServerHello
    asked: Event  # the ClientHello
    certificate: Event | None = None  # the server's Certificate, if it was in clear


class ToldClock(NamedTuple):
    """The clock of a client, as its hello tells it."""

    ahead_s: int  # of the capture's time; negative if it is behind
    hellos: int  # of this client that agree
    certain: bool  # whether it is a clock, and not the chance of a random number


class Rhythm(NamedTuple):
    """How regularly a client comes and leaves without a word."""

    times: int  # in the capture
    interval_ns: int


class Scan(NamedTuple):
    """How much a client came to see without ever sending a ClientHello."""

    ports: int  # of this server's host
    hosts: int  # that it left after they had accepted


class Retry(NamedTuple):
    """A later try of the same client at the same server that was heard, though it failed as well."""

    offer: ClientHello
    asked: Event  # its ClientHello


@dataclass(slots=True)
class Handshake:
    """One handshake, begun or only attempted."""

    flow: Flow
    speech: Speech
    line: Line  # everything of the flow, this handshake's part of it included
    events: list[Event]
    order: int = 0  # 0 for the first of the flow, 1 for its first renegotiation, ...
    number: int = -1  # its id in the tables
    ending: Ending = field(default_factory=Ending)
    precedents: tuple[
        Precedent, ...
    ] = ()  # what else the capture shows of the server, if this one failed
    told_clock: ToldClock | None = (
        None  # what the client's hello says of its clock, if this one failed
    )
    accepted: Event | None = (
        None  # of another server whose certificate the client accepted, likewise
    )
    trust: Trust | None = None  # whom the reader of the capture trusts besides the public roots
    rhythm: Rhythm | None = None  # in which its client comes and leaves, if it does so regularly
    scan: Scan | None = None  # of which it is a part, if its client only looks what is there
    retries: tuple[Retry, ...] = ()  # what the client tried after this one, if this one failed
    foreign: dict[Side, Foreign] = field(default_factory=dict)  # what a side spoke in place of TLS
    recognised: dict[Side, Stack | None] = field(default_factory=dict, repr=False)
    """Stacks of both sides, as far as `stacks` was asked for them."""
    client_hello: ClientHello | None = field(init=False, repr=False)
    """The first ClientHello."""
    server_hello: ServerHello | None = field(init=False, repr=False)
    """The ServerHello that is no HelloRetryRequest."""
    _by_name: dict[str, list[Event]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        for event in self.events:
            self._by_name.setdefault(event.name, []).append(event)
        self.client_hello = self.body("client_hello", ClientHello)
        self.server_hello = self.body("server_hello", ServerHello)

    # --- Looking things up --------------------------------------------------------------------------------------------

    def all(self, name: str, sender: Side | None = None) -> Iterator[Event]:
        """Yield the events of a name, or of a kind: ``alert`` for all alerts."""
        events = self.events if name in KINDS else self._by_name.get(name, ())
        for event in events:
            if name in (event.name, event.kind) and sender in (None, event.sender):
                yield event

    def first(self, name: str, sender: Side | None = None) -> Event | None:
        """Return the first event of a name, or of a kind; None if there is none."""
        for event in self._by_name.get(name, ()):
            if sender is None or event.sender == sender:
                return event
        return next(self.all(name, sender), None) if name in KINDS else None

    def body(self, name: str, kind: type[Body], sender: Side | None = None) -> Body | None:
        """Return what the first message of a name was decoded to; None if there is none, or it cannot be read."""
        event = self.first(name, sender)
        return event.body if event is not None and isinstance(event.body, kind) else None

    # --- Who ----------------------------------------------------------------------------------------------------------

    @property
    def client(self) -> Endpoint:
        """Address and port of the client."""
        return self.flow.endpoints[self.speech.client]

    @property
    def server(self) -> Endpoint:
        """Address and port of the server."""
        return self.flow.endpoints[1 - self.speech.client]

    @property
    def target(self) -> Endpoint:
        """The server that speaks TLS: behind a proxy that opened a tunnel not the proxy, but what it leads to."""
        return self.speech.target or self.server

    # --- What was offered, and what was agreed on ---------------------------------------------------------------------

    @property
    def ssl2_server_hello(self) -> Ssl2ServerHello | None:
        """The SERVER-HELLO of a server that answered in SSL 2.0."""
        return self.body("server_hello", Ssl2ServerHello)

    @property
    def server_name(self) -> str | None:
        """The name that the client asked for (RFC 6066 section 3)."""
        return self.client_hello.server_name if self.client_hello else None

    @property
    def version(self) -> ProtocolVersion | None:
        """The version that the server chose."""
        if self.server_hello:
            return self.server_hello.version
        return self.ssl2_server_hello.server_version if self.ssl2_server_hello else None

    @property
    def cipher_suite(self) -> CipherSuite | None:
        """The cipher suite that the server chose; in SSL 2.0 the client does."""
        if self.server_hello:
            return self.server_hello.cipher_suite
        key = self.body("client_master_key", ClientMasterKey)
        return key.cipher_kind if key else None

    @property
    def group(self) -> NamedGroup | None:
        """The group of the key exchange: of the server's key share, or of its ServerKeyExchange."""
        if self.server_hello and self.server_hello.group is not None:
            return self.server_hello.group
        exchange = self.body("server_key_exchange", ServerKeyExchange)
        return exchange.group if exchange else None

    @property
    def signature_scheme(self) -> SignatureScheme | None:
        """What the server signed with, as far as it can be read."""
        exchange = self.body("server_key_exchange", ServerKeyExchange)
        if exchange and exchange.signature_scheme is not None:
            return exchange.signature_scheme
        verify = self.body("certificate_verify", CertificateVerify, "server")
        return verify.algorithm if verify else None

    @property
    def alpn(self) -> str | None:
        """The application protocol that the server chose, as far as it can be read (RFC 7301)."""
        if self.server_hello and self.server_hello.alpn:
            return self.server_hello.alpn
        extensions = self.body("encrypted_extensions", EncryptedExtensions)
        return extensions.alpn if extensions else None

    @property
    def resumed(self) -> bool | None:
        """Whether the server took up an earlier session; None while that is not known.

        By pre-shared key in TLS 1.3; in SSL 2.0 the server's hello says so; between them, by a ServerHello that is
        followed by ChangeCipherSpec without a certificate or a key exchange (RFC 5246 section 7.3, RFC 5077 section
        3.1).
        """
        hello = self.server_hello
        if hello is None:
            return self.ssl2_server_hello.session_id_hit if self.ssl2_server_hello else None
        if is_tls13(hello.version):
            return hello.psk_selected is not None
        if any(
            self.first(name, "server")
            for name in ("certificate", "server_key_exchange", "server_hello_done")
        ):
            return False
        return True if self.first("change_cipher_spec", "server") else None

    @property
    def client_auth(self) -> bool | None:
        """Whether the server asked for a client certificate; None where that is encrypted."""
        if self.first("certificate_request"):
            return True
        if self.server_hello is None or is_tls13(self.version):
            return None
        return False if self.first("server_hello_done") or self.resumed else None

    @property
    def hello_retry(self) -> bool:
        """Whether the server sent a HelloRetryRequest."""
        return self.first("hello_retry_request") is not None

    @property
    def early_data(self) -> bool | None:
        """Whether the client offered to send application data at once; None without a ClientHello."""
        hello = self.client_hello
        return None if hello is None else hello.extension(ExtensionType.early_data) is not None

    @property
    def certificates(self) -> dict[Side, tuple[bytes, ...]]:
        """The certificates that each side sent, leaf first, in DER."""
        found: dict[Side, tuple[bytes, ...]] = {}
        for event in self.events:
            if isinstance(event.body, Ssl2ServerHello) and event.body.certificates:
                found[event.sender] = event.body.certificates
            elif event.name.endswith("certificate") and event.sender not in found:
                chain = getattr(event.body, "certificate", event.body)  # of a CompressedCertificate
                if isinstance(chain, Certificate):
                    found[event.sender] = chain.certificates
        return found

    @property
    def ja3(self) -> str | None:
        """JA3 fingerprint of the ClientHello."""
        return ja3(self.client_hello)[1] if self.client_hello else None

    @property
    def ja3s(self) -> str | None:
        """JA3S fingerprint of the ServerHello."""
        return ja3s(self.server_hello)[1] if self.server_hello else None

    @property
    def ja4(self) -> str | None:
        """JA4 fingerprint of the ClientHello."""
        carrier = "dtls" if self.flow.transport == "udp" else self.flow.transport
        return ja4(self.client_hello, carrier) if self.client_hello else None

    @property
    def is_unheard(self) -> bool:
        """Whether no datagram of the server shows that anybody is there; over TCP a SYN-ACK does."""
        return self.flow.transport != "tcp" and self.speech.server_begin is None

    def side(self, sender: Side) -> int:
        """Return which endpoint of the flow a side is: 0 or 1."""
        return self.speech.client if sender == "client" else 1 - self.speech.client

    def stream(self, sender: Side) -> Stream:
        """Return what a side sent, as bytes."""
        return self.flow.streams[self.side(sender)]

    def segment(self, sender: Side, offset: int) -> Event:
        """Return an event of the packet that brought the byte at an offset of a side's stream, whatever it means."""
        packet, time_ns = self.stream(sender).arrival(offset + 1)
        return Event("transport", "segment", sender, packet, time_ns, start=offset)

    def habit(self, sender: Side) -> Habit:
        """Return what the headers of a side's packets have in common."""
        return self.flow.habits[self.side(sender)]

    def bare(self, sender: Side) -> int:
        """Return how many packets of a side say nothing: they acknowledge, or ask for something again."""
        stream, side = self.stream(sender), self.side(sender)
        flagged = {m.packet for m in self.flow.milestones if m.side == side}
        return self.habit(sender).packets - len(stream.starts) - len(stream.repeats) - len(flagged)

    def unacknowledged(self, sender: Side) -> int:
        """Return how many bytes of a side the other never acknowledged, as far as the capture shows."""
        side = self.side(sender)
        acknowledged = self.flow.acknowledged[1 - side]
        return 0 if acknowledged is None else max(0, self.flow.streams[side].end - acknowledged)

    # --- How it went --------------------------------------------------------------------------------------------------

    @property
    def refusal(self) -> Event | None:
        """The alert that ended it; None if it ended in another way."""
        decisive = self.ending.decisive
        ended = self.ending.outcome in ("alerted", "rejected")
        return decisive if ended and decisive is not None and decisive.kind == "alert" else None

    @property
    def outcome(self) -> Outcome:
        """How it ended, one of the contract's words."""
        return self.ending.outcome

    @property
    def step(self) -> Step:
        """How far it came, or where it broke."""
        return self.ending.step

    @property
    def start_ns(self) -> int:
        """When its first packet came; the flow's first for the first handshake of a flow."""
        return self.flow.start_ns if self.order == 0 else self.events[0].time_ns

    @property
    def end_ns(self) -> int | None:
        """When it was through, or failed: the time of the event that decided its outcome."""
        return self.ending.time_ns

    @property
    def story(self) -> str:
        """One letter for each event, capital for the client; L is an alert, $ a FIN, ! a RST, ? a gap."""
        letters: list[str] = []
        for event in self.events:
            letter = _letter(event)
            if event.sender == "server":
                letter = letter.lower()
            if event.kind != "data" or letters[-1:] != [letter]:
                letters.append(letter)
        return "".join(letters)


def _letter(event: Event) -> str:
    if event.kind == "alert":
        return "L"
    if event.kind == "transport":
        return TRANSPORT_LETTERS.get(event.name, "")
    return LETTERS.get(event.name, "Q")


def build_handshakes(flow: Flow) -> list[Handshake]:
    """Make the handshakes of a flow; one that was only attempted has no message."""
    speech, line, parts = read_flow(flow)
    handshakes = []
    for order, events in enumerate(parts):
        handshake = Handshake(flow, speech, line, events, order)
        handshake.ending = conclude(handshake, is_last=order == len(parts) - 1)
        if handshake.outcome == "not_tls" or handshake.first("client_hello", "server"):
            from tlsparse.handshake.plain_speech import name_foreign  # seldom needed, see `listen`

            hello = handshake.first("client_hello", "client")
            handshake.foreign = name_foreign(flow, speech, hello.packet if hello else None)
        handshakes.append(handshake)
    return handshakes

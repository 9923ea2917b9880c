"""How did it end, and where did it break?

The first thing that made the handshake impossible decides, not the last: an alert that only answers a FIN, a reset
after an alert, an echo of the other side are consequences. So is the ClientHello of a client that does not take the no
of STARTTLS for an answer. A handshake that the capture does not follow to its end is
`cut`, never a failure.

The steps are the contract's: the message or phase that was sent and not accepted, or that was due and never came.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tlsparse.flow.flow import Flow
from tlsparse.handshake.event import Event, Side
from tlsparse.handshake.order import is_tls13
from tlsparse.tls.codes import CipherSuite, ExtensionType
from tlsparse.tls.hello import ClientHello, ServerHello
from tlsparse.tls.records import HEADER_BYTES, NOT_TLS, Unreadable, read_records

if TYPE_CHECKING:
    from tlsparse.handshake.handshake import Handshake
    from tlsparse.prelude.prelude import Prelude

Outcome = Literal[
    "completed",
    "rejected",
    "alerted",
    "reset",
    "closed",
    "silent",
    "refused",
    "not_tls",
    "cut",
]
"""How a handshake ended, in the contract's words."""

Step = Literal[
    "tcp_connect",
    "prelude",
    "client_hello",
    "server_hello",
    "certificate",
    "certificate_request",
    "client_certificate",
    "key_exchange",
    "finished",
    "application_data",
]
"""How far it came, or where it broke."""

PATIENCE_NS = 1_500_000_000
"""A side that owes an answer for longer than this has stopped. Round trips take less, and no one gives up sooner: the
shortest time-outs configured in practice are two seconds."""

HESITATION_NS = 500_000_000
"""Who refuses what was completed does so sooner than this after it heard of it. Stacks take a few milliseconds, a slow
Java some fifty."""

TELLING_BYTES = 6
"""A record's header and the type of its first message: less of a cut packet does not tell TLS from anything else."""

THINKING_NS = 200_000
"""Nobody takes in a server's flight and looks at a chain sooner: who leaves sooner had not looked at it. The quickest
that were measured took 0.2 ms (mbedTLS, BoringSSL); who leaves at the ServerHello, whatever comes, takes 0.05 ms."""

DECIDED_NS = 500_000_000
"""Nobody who decides by itself what it thinks of a chain takes longer; later it is a time-out or a user."""

HARMLESS_ALERTS = ("close_notify", "no_renegotiation", "user_canceled")


@dataclass(slots=True)
class Ending:
    """How a handshake ended."""

    outcome: Outcome = "cut"
    step: Step = "client_hello"
    side: Side | None = None  # who ended it, where one did
    packet: int | None = None  # that decided it
    time_ns: int | None = None
    decisive: Event | None = None
    partial: bool = False  # a failure, and the capture does not show all that came before it


def conclude(handshake: Handshake, *, is_last: bool) -> Ending:
    """Say how a handshake ended.

    Parameters
    ----------
    handshake
        Any over TCP.
    is_last
        Whether no other follows on its flow.
    """
    view = View(handshake)
    ending = _conclude(view, is_last)
    if ending.outcome not in ("completed", "cut"):
        ending.partial = not view.is_whole or view.one_sided or view.cut_short
    return ending


def _conclude(view: View, is_last: bool) -> Ending:
    if not view.connected:
        return _without_connection(view)
    if not view.renegotiation and (ending := _in_prelude(view)) is not None:
        return ending
    if not view.spoke_tls:
        return _without_tls(view)
    alert = view.fatal_alert()
    if (
        view.through is None
        or view.server_was_gone
        or (
            alert is not None
            and alert.order < view.through.order
            and not view.spoke_before(alert.sender, alert)
        )
    ):
        return _before_completion(view)
    return _after_completion(view, is_last)


class View:
    """What the conclusions are drawn from, gathered once."""

    def __init__(self, handshake: Handshake) -> None:
        self.flow, self.speech, self.events = handshake.flow, handshake.speech, handshake.events
        self.renegotiation = handshake.order > 0
        self.messages = [e for e in self.events if e.kind == "message"]
        self.tls13 = any(
            isinstance(e.body, ServerHello) and is_tls13(e.body.version) for e in self.messages
        )
        self.ssl2 = handshake.ssl2_server_hello is not None
        self.spoke_tls = any(e.kind != "transport" for e in self.events)
        self.spoke = [bool(stream.end) for stream in self.flow.streams]
        self.connected = (
            any(self.spoke)
            or handshake.first("syn") is None
            or handshake.first("syn_ack") is not None
        )
        self.through = self._completion()

    def first(self, *names: str) -> Event | None:
        """Return the first event of one of the names."""
        return next((e for e in self.events if e.name in names), None)

    @property
    def refused_by(self) -> Event | None:
        """The reset, or the error of ICMP, by which the client was told that nobody takes its packets."""
        told = (e for e in self.events if e.is_refusal and e.sender == "server")
        return self.first("rst") or next(told, None)

    def has(self, name: str, sender: Side | None = None) -> bool:
        """Tell whether a message was sent."""
        return any(e.name == name and sender in (None, e.sender) for e in self.messages)

    def between(self, first: Event, last: Event) -> list[Event]:
        """Return what happened after an event and before another."""
        return [e for e in self.events if first.order < e.order < last.order]

    def ending(self, outcome: Outcome, step: Step, decisive: Event | None = None) -> Ending:
        """Make an ending, decided by an event."""
        if decisive is None:
            return Ending(outcome, step)
        return Ending(outcome, step, decisive.sender, decisive.packet, decisive.time_ns, decisive)

    # --- How much does the capture show? ------------------------------------------------------------------------------

    @property
    def begun(self) -> bool:
        """Whether the capture shows the beginning: the SYN, or the ClientHello."""
        return self.renegotiation or bool(self.first("syn", "syn_ack") or self.has("client_hello"))

    @property
    def is_whole(self) -> bool:
        """Whether nothing can have been said before what the capture shows."""
        opened = self.renegotiation or self.first("syn", "syn_ack") is not None
        return opened or (self.has("client_hello") and self.speech.client_begin == 0)

    @property
    def one_sided(self) -> bool:
        """Whether the capture shows the packets of one direction only."""
        shown = (e.sender for e in self.events if e.error is None)
        one = next(shown, None)
        return not self.renegotiation and all(sender == one for sender in shown)

    @property
    def cut_short(self) -> bool:
        """Whether packets were cut by the snap length, or are missing though the other side acknowledged them."""
        return self.lacks("client") or self.lacks("server")

    def lacks(self, sender: Side) -> bool:
        """Tell whether the capture does not show all that a side sent and the other received."""
        side = self.side_of(sender)
        stream, acknowledged = self.flow.streams[side], self.flow.acknowledged[1 - side]
        unseen = acknowledged is not None and acknowledged > stream.end + 1  # a FIN counts as one
        if acknowledged is not None and unseen and not self.flow.notes[side]:  # none passed by
            said = (e for e in self.events if e.sender == sender and e.kind != "transport")
            known = max((e.start + HEADER_BYTES + e.length for e in said), default=0)
            if acknowledged > known + 1:
                return True
        return any(
            gap.cut or (acknowledged is not None and gap.end <= acknowledged) for gap in stream.gaps
        )

    def side_of(self, sender: Side) -> int:
        """Return which endpoint of the flow a side is."""
        return self.speech.client if sender == "client" else 1 - self.speech.client

    # --- When was it through? -----------------------------------------------------------------------------------------

    def _completion(self) -> Event | None:
        if self.ssl2:
            return next((e for e in self.events if e.meaning == "server_finished"), None)
        return self._completion_tls13() if self.tls13 else self._completion_tls12()

    def _completion_tls12(self) -> Event | None:
        """Both sides have sent ChangeCipherSpec and a message under the new keys: Finished."""
        ciphered: set[Side] = set()
        done: set[Side] = set()
        for event in self.events:
            if event.name == "change_cipher_spec":
                ciphered.add(event.sender)
            elif event.kind == "message" and event.sender in ciphered:
                done.add(event.sender)
            elif event.kind == "data" and (not self.begun or self.one_sided or self.cut_short):
                return event  # what the capture does not show must have happened before
            if len(done) == 2:
                return event
        return None

    def _completion_tls13(self) -> Event | None:
        """The client has sent its Finished, known by its length; it may be hidden among its first records."""
        for event in self.events:
            if event.meaning == "finished" or (
                event.name == "finished" and event.sender == "client"
            ):
                return event
        return None

    @property
    def server_was_gone(self) -> bool:
        """Whether the server had closed before the client's Finished, and answers that with a reset."""
        if self.through is None or self.through.sender != "client":
            return False
        left = self.first("fin", "rst")
        reset = any(
            e.name == "rst" and e.sender == "server" and e.order > self.through.order
            for e in self.events
        )
        return (
            reset
            and left is not None
            and (left.name, left.sender) == ("fin", "server")
            and left.order < self.through.order
            and not self.has("end_of_early_data")
            and not self.spoke_before("server", left)
        )

    # --- What came between? -------------------------------------------------------------------------------------------

    def fatal_alert(self) -> Event | None:
        """Return the first alert that ends a handshake; an encrypted one may."""
        return next(
            (
                e
                for e in self.events
                if e.kind == "alert" and e.name not in HARMLESS_ALERTS and e.level != "warning"
            ),
            None,
        )

    def spoke_before(self, sender: Side, event: Event) -> bool:
        """Tell whether a side had sent application data before an event, or answered early data."""
        hello = self.first("server_hello")
        early = hello is not None and any(
            e.kind == "data" and e.order < hello.order for e in self.events
        )
        return early or any(
            e.kind == "data" and e.sender == sender and e.order < event.order for e in self.events
        )

    def foreign(self) -> Side | None:
        """Return the side that spoke something other than TLS to one that spoke TLS, if one did."""
        speech, streams = self.speech, self.flow.streams
        client, server = streams[speech.client], streams[1 - speech.client]
        if speech.client_begin is None:
            only_alerts = all(e.kind == "alert" for e in self.events if e.kind != "transport")
            return "client" if client.runs and client.runs[0].start == 0 and only_alerts else None
        if speech.server_begin is not None:
            return None
        if speech.client_begin == 0 and server.runs and server.runs[0].start == 0:
            return "server"  # even if it only spoke before: nobody had asked for TLS yet
        asked, _ = client.arrival(speech.client_begin + 1)
        whole = min((gap.start for gap in server.gaps), default=server.end)
        answered = any(
            server.arrival(start + 1)[0] > asked for start in server.starts if start < whole
        )
        return "server" if answered else None

    def is_answered_plain(self, through: Event) -> bool:
        """Tell whether the server said something after an event that is no record of TLS.

        GridFTP goes on in plain where a connection only was to show who is there. What a client says so may be its
        farewell: LDAP clients that dislike a certificate send an unbind request in plain.
        """
        begin, side = self.speech.server_begin, 1 - self.speech.client
        if self.ssl2 or begin is None:
            return False
        stream = (self.speech.inside or self.flow.streams)[side]
        return any(
            isinstance(part, Unreadable)
            and part.reason == NOT_TLS
            and (stream.arrival(part.start + 1)[0], part.start) > through.order
            for part in read_records(stream.runs, begin)
        )

    def waited_ns(self, close: Event) -> int:
        """Return how long the side that closed had waited for the other, which owed it an answer; 0 if it owed one."""
        words = [e for e in self.events if e.kind != "transport" and e.order < close.order]
        if not words:
            begun = self.first("syn_ack") or self.first("syn")
            return close.time_ns - begun.time_ns if begun and close.sender == "server" else 0
        owed = (
            words[-1].sender == close.sender
            or not self.heard_all(close.sender)
            or (close.sender == "client" and self.is_flight_begun)
        )
        return close.time_ns - words[-1].time_ns if owed else 0

    @property
    def is_flight_begun(self) -> bool:
        """Whether the server said hello and nothing after it: the rest of its flight is still due."""
        return not self.ssl2 and [e.name for e in self.messages if e.sender == "server"][-1:] == [
            "server_hello"
        ]

    def heard(self, event: Event) -> bool:
        """Tell whether the other side acknowledged an event, as far as that can be known."""
        acknowledged = self.flow.acknowledged[1 - self.side_of(event.sender)]
        return acknowledged is None or event.start < 0 or acknowledged > event.start

    def heard_all(self, listener: Side) -> bool:
        """Tell whether a side acknowledged everything that the other sent."""
        side = self.side_of(listener)
        acknowledged = self.flow.acknowledged[side]
        return acknowledged is None or acknowledged >= self.flow.streams[1 - side].end


# --- The five cases -------------------------------------------------------------------------------------------------


def _without_connection(view: View) -> Ending:
    """A SYN, and no answer but perhaps a reset, or a word of a router."""
    syn, no = view.first("syn"), view.refused_by
    waited = view.flow.seen_until_ns - syn.time_ns if syn else 0
    refused = no is not None or waited > PATIENCE_NS
    return view.ending("refused" if refused else "cut", "tcp_connect", no)


def _in_prelude(view: View) -> Ending | None:
    """TLS, or a tunnel for it, was asked for and not granted, or granted and not begun; None where it began.

    After a refusal the connection ends as it may: closed or reset by whoever has no more to say. It is `not_tls` where
    it does not end: the client goes on in plain, which is its right, or sends its ClientHello all the same.
    """
    speech, prelude = view.speech, view.speech.prelude
    if prelude is None or speech.server_begin is not None:
        return None
    close = view.first("fin", "rst")
    if prelude.refused is not None:
        refusal = view.first("starttls_refused", "tunnel_refused")
        goes_on = close is None or prelude.went_on or speech.tls
        return view.ending("not_tls" if goes_on else _word_of(close), "prelude", refusal)
    if prelude.asked is None or prelude.went_on or speech.tls or _serves_other(view, prelude):
        return None
    step: Step = "prelude" if prelude.granted is None else "client_hello"
    owes: Side = "server" if prelude.granted is None else "client"
    since_ns = max(turn.time_ns for turn in (prelude.asked, prelude.granted) if turn)
    if view.one_sided or view.cut_short:
        return view.ending("cut", step)
    if close is None:
        waited = view.flow.seen_until_ns - since_ns
        return view.ending("silent" if waited > PATIENCE_NS else "cut", step)
    if close.sender != owes and close.time_ns - since_ns > PATIENCE_NS:
        return view.ending("silent", step, close)
    return view.ending(_word_of(close), step, close)


def _serves_other(view: View, prelude: Prelude) -> bool:
    """Tell whether something else than TLS went through a tunnel."""
    if prelude.opened is None:
        return False
    client, server = view.speech.client, 1 - view.speech.client
    ends = view.flow.streams[client].end, view.flow.streams[server].end
    return any(end > opened for end, opened in zip(ends, prelude.opened, strict=True))


def _word_of(close: Event | None) -> Outcome:
    return "reset" if close is not None and close.name == "rst" else "closed"


def _without_tls(view: View) -> Ending:
    """Nobody sent a record of TLS."""
    close = view.first("fin", "rst")
    said = any(stream.runs for stream in view.flow.streams)
    if said and not view.speech.tls:
        return view.ending("not_tls" if _is_beginning_seen(view) else "cut", "client_hello", close)
    if (any(view.spoke) and not said) or not view.begun or view.one_sided or view.cut_short:
        return view.ending("cut", "client_hello")
    if close is None:
        waited = view.flow.seen_until_ns - view.flow.end_ns
        return view.ending("silent" if waited > PATIENCE_NS else "cut", "client_hello")
    if view.waited_ns(close) > PATIENCE_NS:
        return view.ending("silent", "client_hello", close)
    return view.ending("reset" if close.name == "rst" else "closed", "client_hello", close)


def _is_beginning_seen(view: View) -> bool:
    """Tell whether the capture shows enough of what was said first to tell that it was not TLS."""
    runs = [stream.runs for stream in view.flow.streams]
    if not view.begun or (view.one_sided and not runs[view.speech.client]):
        return False
    return all(
        r[0].start == 0 and (len(r[0].data) >= TELLING_BYTES or not view.cut_short)
        for r in runs
        if r
    )


def _before_completion(view: View) -> Ending:
    """TLS was spoken, and the handshake did not get through."""
    alert, close = view.fatal_alert(), view.first("fin", "rst")
    foreign = view.foreign()
    if foreign == "client":
        return view.ending("not_tls", "client_hello", alert)
    if not view.begun and (alert is None or alert.encrypted):
        return view.ending("cut", step_due(view))
    if foreign == "server":
        return view.ending("not_tls", "server_hello", view.first("client_hello"))
    if alert is not None and not _is_consequence(alert, close):
        if alert.encrypted and (view.one_sided or view.lacks("client")):
            return view.ending("cut", step_due(view))  # may be the polite end of a long talk
        return view.ending("alerted", step_of_alert(view, alert), alert)
    if view.one_sided or view.cut_short:
        return view.ending("cut", step_due(view))
    if close is None:
        if _is_silent(view):
            return view.ending("silent", _step_awaited(view))
        return view.ending("cut", step_due(view))
    if view.waited_ns(close) > PATIENCE_NS:
        return view.ending("silent", _step_given_up(view, close), close)
    if close.name == "rst":
        return view.ending("reset", _step_of_close(view, close), close)
    words = [e for e in view.events if e.kind != "transport" and e.order < close.order]
    if words and words[-1].kind == "alert" and words[-1].name != "close_notify":
        return view.ending("alerted", step_of_alert(view, words[-1]), words[-1])
    return view.ending("closed", _step_of_close(view, close), close)


def _after_completion(view: View, is_last: bool) -> Ending:
    """Both sides, or at least the client, had reached the end; was that accepted?"""
    through = view.through
    assert through is not None
    whole = is_last and view.begun and not view.one_sided and not view.cut_short
    refusal = refusal_after(view, through) if whole else None
    if refusal is None or view.is_answered_plain(through):
        ending = view.ending("completed", "application_data", through)
        ending.side = None
        return ending
    return view.ending("rejected", _step_rejected(view, refusal), refusal)


def _step_rejected(view: View, refusal: Event) -> Step:
    """Name what a side refuses after it was through: the other's certificate, as a rule."""
    if refusal.sender == "client":
        return "certificate"
    said = [e for e in view.messages if e.sender == "client" and e.order < refusal.order]
    if refusal.name in CERTIFICATE_ALERTS:
        return "client_certificate"
    return "finished" if view.tls13 and finished_alone(said) else "client_certificate"


def refusal_after(view: View, through: Event) -> Event | None:
    """Return the event by which a side refused what it had completed.

    That is how the first to leave left, if it had not said a word of its own: a server that answers Finished with an
    alert or a FIN, a client that goes without a request. A server's word before the client's first is a session ticket
    or a greeting, and tells nothing of what it thinks of the client's certificate. Who leaves late has not refused
    either: programs make up their mind at once.
    """
    asked = False
    served = False
    timeless = view.flow.start_ns == view.flow.end_ns  # then nobody can say who hesitated
    spoke = {event.sender: event.order for event in view.events if event.kind == "data"}
    for event in view.events:
        if event.kind == "data":
            asked = asked or event.sender == "client"
            served = served or (event.sender == "server" and asked)
        elif (
            event.kind != "message"
            and _leaves(event)
            and event.order > spoke.get(event.sender, (0, 0))
        ):
            if event.time_ns - through.time_ns > HESITATION_NS + (view.flow.rtt_ns or 0):
                return None
            if event.order < through.order and event.sender != through.sender:
                return None  # it had closed already, politely: early data, answered at once
            if timeless and event.kind == "transport":
                return None
            if event.sender == "client":
                return None if asked else event
            if served or _has_accepted(view, through, event):
                return None
            return event if asked or event.kind == "alert" or _gave_certificate(view) else None
    return None


def _has_accepted(view: View, through: Event, end: Event) -> bool:
    """Tell whether a server had verified all that the client sent before it left.

    In TLS 1.3 what it says after the client's Finished proves that, a session ticket as a rule: an alert after it is
    a close_notify. Before TLS 1.3 its own Finished does, if it comes last; only programs that look at the client's
    certificate later, such as Node, refuse one then, and if they asked for none there is none to be refused.
    """
    if view.tls13:
        said = any(e.kind == "data" and e.sender == "server" for e in view.between(through, end))
        return said and end.kind == "alert"
    return (
        through.sender == "server"
        and not view.renegotiation
        and not view.has("certificate_request", "server")
    )


def _gave_certificate(view: View) -> bool:
    """Tell whether a client of TLS 1.3 sent more than its Finished: it was asked for a certificate."""
    sent = [e for e in view.messages if e.sender == "client"]
    return view.tls13 and not finished_alone(sent)


def _leaves(event: Event) -> bool:
    """Tell whether a side ends the connection with an event."""
    if event.kind == "alert":
        return event.name not in HARMLESS_ALERTS and event.level != "warning"
    return event.name in ("fin", "rst")


def _is_consequence(alert: Event, close: Event | None) -> bool:
    """Tell whether an alert only answers the other side's FIN or RST."""
    return close is not None and close.sender != alert.sender and close.order < alert.order


def _is_silent(view: View) -> bool:
    """Tell whether a side owes an answer for too long, rather than the capture having ended.

    A connection of which neither the SYN nor anything that is sent again is there has perhaps passed through a filter.
    """
    repeated = sum(1 for e in view.events if e.name == "retransmission")
    opened = view.renegotiation or view.first("syn", "syn_ack") is not None
    if not opened and not repeated:
        return False
    if view.flow.seen_until_ns - view.flow.end_ns > PATIENCE_NS:
        return True
    said = [e for e in view.events if e.kind != "transport"]
    waited = view.flow.end_ns - said[-1].time_ns if said else 0
    return waited > PATIENCE_NS or (repeated >= 2 and waited > PATIENCE_NS // 3)


# --- Steps ----------------------------------------------------------------------------------------------------------


def step_of_alert(view: View, alert: Event) -> Step:
    """Name the message that an alert refuses."""
    before = [e for e in view.messages if e.order < alert.order]
    names = {(e.sender, e.name) for e in before}
    if alert.sender == "server":
        return _step_refused_by_server(view, alert, before)
    if alert.name in CERTIFICATE_ALERTS:
        return "certificate"  # even where the capture does not show it
    if view.ssl2:
        return "certificate"  # of what the client may dislike it has seen nothing else
    if ("server", "server_hello") not in names or alert.name == "protocol_version":
        return "server_hello"
    if view.tls13:
        hidden = any(e.encrypted and e.sender == "server" for e in before)
        # Who encrypts its alert has derived keys from the hello, and liked it so far.
        repeated = sum(e.name == "server_hello" for e in before) > 1
        unread = (
            repeated or answer_to_unread(view, alert) if alert.encrypted else _is_hello_faulty(view)
        )
        about_hello = alert.name in HELLO_ALERTS or unread
        return "certificate" if hidden and not about_hello else "server_hello"
    if ("client", "change_cipher_spec") in names:
        return "finished" if ("server", "change_cipher_spec") in names else "certificate"
    if _is_hello_faulty(view):
        return "server_hello"
    if ("server", "server_key_exchange") in names and alert.name in KEY_EXCHANGE_ALERTS:
        return "key_exchange"
    return "certificate" if ("server", "certificate") in names else "server_hello"


HELLO_ALERTS = ("illegal_parameter", "bad_record_mac", "protocol_version", "record_overflow")
"""Alerts of clients about the ServerHello of TLS 1.3, or about records under the keys that follow from it."""

KEY_EXCHANGE_ALERTS = (
    "decrypt_error",
    "illegal_parameter",
    "insufficient_security",
    "handshake_failure",
    "unexpected_message",
)
"""Alerts of clients that liked the ServerHello about what follows the certificate: OpenSSL, Java, Go."""

CERTIFICATE_ALERTS = (
    "bad_certificate",
    "unsupported_certificate",
    "certificate_revoked",
    "certificate_expired",
    "certificate_unknown",
    "unknown_ca",
    "bad_certificate_status_response",
)


def _is_hello_faulty(view: View) -> bool:
    """Tell whether a client may dislike the ServerHello itself: what it chose, how it is made, what came before it."""
    asked, answer = view.first("client_hello"), view.first("server_hello")
    if asked is None or answer is None or not isinstance(asked.body, ClientHello):
        return False
    hello, choice = asked.body, answer.body
    if (
        not isinstance(choice, ServerHello)
        or sum(e.name == "server_hello" for e in view.messages) > 1
    ):
        return True
    if any(e.sender == "server" and e.order < answer.order for e in view.events if e.encrypted):
        return True
    if any(e.sender == "server" and e.name == "unrecognized_name" for e in view.events):
        return True
    asked_for = {e.type for e in hello.extensions}
    if CipherSuite.TLS_EMPTY_RENEGOTIATION_INFO_SCSV in hello.cipher_suites:
        asked_for.add(ExtensionType.renegotiation_info)
    lost = [t for t in REQUIRED if t in asked_for and choice.extension(t) is None]
    return bool(
        choice.cipher_suite not in hello.cipher_suites
        or choice.downgrade_sentinel is not None
        or (lost and not is_tls13(choice.version))
        or (is_tls13(choice.version) and choice.session_id != hello.session_id)
    )


REQUIRED = (ExtensionType.renegotiation_info, ExtensionType.extended_master_secret)
"""Extensions of which clients may insist on an answer (RFC 5746 section 3.4, RFC 7627 section 5.2)."""


def _step_refused_by_server(view: View, alert: Event, before: list[Event]) -> Step:
    """Name what a server refuses: its ServerHello may be out, and the ClientHello that it refuses all the same."""
    said = [e for e in before if e.sender == "client"]
    names = {e.name for e in said} - {"client_hello", "end_of_early_data"}
    if alert.name in CERTIFICATE_ALERTS:
        return "client_certificate"  # even where the capture does not show it
    if not any(e.name == "server_hello" for e in before) or not names - {"change_cipher_spec"}:
        return "client_hello"
    if view.tls13:
        return "finished" if finished_alone(said) else "client_certificate"
    about_keys = alert.name in ("bad_record_mac", "decrypt_error")
    if "certificate" in names and not (about_keys and "certificate_verify" not in names):
        return "finished" if alert.name == "bad_record_mac" else "client_certificate"
    if "change_cipher_spec" in names and about_keys and not _has_shared_key(said):
        return "finished"
    keyed = "client_key_exchange" in names or "client_master_key" in names
    return "key_exchange" if keyed else "finished"


def answer_to_unread(story: View | Handshake, alert: Event) -> Event | None:
    """Return the alert with which the server answers one of the client that it could not read; None if it does not.

    Who can read that the other side gave up says no more. The two derived different keys, since they did not see the
    same hellos, or their records are changed on the way.
    """
    if not alert.encrypted or alert.sender != "client":
        return None
    later = (e for e in story.events if e.kind == "alert" and e.order > alert.order)
    return next((e for e in later if e.encrypted and e.sender == "server"), None)


def _has_shared_key(said: list[Event]) -> bool:
    """Tell whether the client named a key that both sides should share; then a bad MAC means that they do not."""
    exchanges = (e.body for e in said if e.name == "client_key_exchange")
    return any(getattr(body, "psk_identity", None) is not None for body in exchanges)


def finished_alone(said: list[Event]) -> bool:
    """Tell whether a client of TLS 1.3 sent nothing but Finished: then it was not asked for a certificate."""
    hidden = [e for e in said if e.kind == "message" and e.encrypted]
    return (
        len(hidden) == 1 and hidden[0].meaning == "finished" and hidden[0].length < LONGEST_FINISHED
    )


LONGEST_FINISHED = 90
"""A record with a Finished alone is no longer, padding of Java included; one with more is, in stacks that join them."""


def _step_of_close(view: View, close: Event) -> Step:
    """Name what was sent to the side that closed, and not accepted; or what it owed."""
    if close.sender == "client":
        return "server_hello" if _left_unread(view, close) else step_due(view)
    if not view.has("client_hello"):
        return "client_hello"
    if not view.has("server_hello"):
        return "client_hello"
    if view.has("certificate", "client") and not view.has("change_cipher_spec", "server"):
        return "client_certificate"
    return step_due(view)


def _left_unread(view: View, close: Event) -> bool:
    """Tell whether a client left before it can have looked at what came with the ServerHello."""
    hello = view.first("server_hello")
    if view.flow.start_ns == view.flow.end_ns:
        return False  # the capture has no times
    if hello is None or any(e.sender == "client" and e.order > hello.order for e in view.messages):
        return False
    heard = [e for e in view.messages if e.sender == "server" and e.order < close.order]
    return bool(heard) and close.time_ns - heard[-1].time_ns < THINKING_NS + client_leg_ns(
        view.flow
    )


def client_leg_ns(flow: Flow) -> int:
    """Return how long an answer of the client takes between the capture's place and the client; 0 if unknown."""
    begun = next((m.time_ns for m in flow.milestones if m.name == "syn"), None)
    answered = next((m.time_ns for m in flow.milestones if m.name == "syn_ack"), None)
    if flow.rtt_ns is None or begun is None or answered is None:
        return 0
    return max(0, begun + flow.rtt_ns - answered)


def thought_ns(handshake: Handshake, close: Event) -> int | None:
    """Return how long a client that closed had looked at the server's flight.

    None if it closed sooner than anybody looks at a chain, or later than anybody decides.
    """
    flight = [e for e in handshake.all("message", "server") if e.order < close.order]
    if len(flight) < 2:
        return None
    thought = close.time_ns - flight[-1].time_ns - client_leg_ns(handshake.flow)
    return thought if THINKING_NS <= thought <= DECIDED_NS else None


def _step_given_up(view: View, close: Event) -> Step:
    """Name what was due when one side gave up: an answer that came after that came too late."""
    answer = view.first("server_hello")
    late = answer is not None and answer.order > close.order
    return "server_hello" if late else step_due(view)


def _step_awaited(view: View) -> Step:
    """Name what does not come: a ClientHello that was never acknowledged, or what is due after the last message."""
    due = step_due(view)
    if due == "server_hello" and not view.renegotiation and not view.heard_all("server"):
        asked = view.first("server_hello") is None
        return "client_hello" if asked else due
    answer = view.first("server_hello")
    return "server_hello" if answer is not None and not view.heard(answer) else due


def step_due(view: View) -> Step:
    """Name what was due when everything stopped. The hellos of a renegotiation are encrypted as a rule."""
    if not (view.has("client_hello") or view.renegotiation):
        return "client_hello"
    if not (view.has("server_hello") or (view.renegotiation and view.has("encrypted", "server"))):
        return "server_hello"
    if view.is_flight_begun:
        return "server_hello"
    if view.ssl2:
        return "finished" if view.has("encrypted", "client") else "key_exchange"
    if view.has("change_cipher_spec", "server") and not view.tls13:
        return "finished"
    if view.tls13 or not view.has("server_hello_done"):
        return "certificate"
    if view.has("client_key_exchange"):
        return "finished"
    return "key_exchange"

"""How did it end, and where did it break?

The first thing that made the handshake impossible decides, not the last: an alert that only answers a FIN, a reset after
an alert, an echo of the other side are consequences. A handshake that the capture does not follow to its end is `cut`,
never a failure.

The steps are the contract's: the message or phase that was sent and not accepted, or that was due and never came.
"""

from __future__ import annotations

from dataclasses import dataclass

from tlsparse.flow.flow import Flow
from tlsparse.handshake.event import OTHER, Event, Side
from tlsparse.handshake.order import is_tls13
from tlsparse.handshake.speech import Speech
from tlsparse.tls.hello import ServerHello

PATIENCE_NS = 3_000_000_000
"""A side that owes an answer for longer than this has stopped; shorter, and the capture may only have ended early."""

HARMLESS_ALERTS = ("close_notify", "no_renegotiation", "user_canceled")


@dataclass(slots=True)
class Ending:
    """How a handshake ended."""

    outcome: str = "cut"
    step: str = "client_hello"
    side: Side | None = None  # who ended it, where one did
    packet: int | None = None  # that decided it
    time_ns: int | None = None
    decisive: Event | None = None


def conclude(flow: Flow, speech: Speech, events: list[Event], *, is_last: bool) -> Ending:
    """Say how a handshake ended; `is_last` unless another one follows on the same flow."""
    view = _View(flow, speech, events)
    if not view.connected:
        return view.ending("refused", "tcp_connect", view.refusal)
    if not view.spoke_tls:
        return _without_tls(view)
    if view.through is not None:
        return _after_completion(view, is_last)
    return _before_completion(view)


class _View:
    """What the conclusions are drawn from, gathered once."""

    def __init__(self, flow: Flow, speech: Speech, events: list[Event]) -> None:
        self.flow, self.speech, self.events = flow, speech, events
        self.messages = [e for e in events if e.kind == "message"]
        hello = next((e.body for e in events if isinstance(e.body, ServerHello)), None)
        hellos = [e.body for e in events if isinstance(e.body, ServerHello)]
        final = [h for h in hellos if not h.is_hello_retry_request]
        self.tls13 = is_tls13(final[0].version) if final else (hello is not None)
        self.spoke_tls = bool(self.messages) or any(e.kind in ("alert", "data") for e in events)
        names = {e.name for e in events if e.kind == "transport"}
        heard = [bool(stream.end) for stream in flow.streams]
        self.connected = (
            "syn_ack" in names or any(heard) or self.spoke_tls or "syn" not in names
        )
        self.refusal = next((e for e in events if e.name == "rst"), None)
        self.through = self._completion()

    def has(self, name: str, sender: Side | None = None) -> bool:
        """Tell whether a message was sent."""
        return any(e.name == name and sender in (None, e.sender) for e in self.messages)

    def ending(self, outcome: str, step: str, decisive: Event | None = None) -> Ending:
        """Make an ending, decided by an event."""
        if decisive is None:
            return Ending(outcome, step)
        return Ending(outcome, step, decisive.sender, decisive.packet, decisive.time_ns, decisive)

    # --- When was it through? ---------------------------------------------------------------------------------------

    def _completion(self) -> Event | None:
        """Return the event with which the handshake was through, or None."""
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
            elif event.kind == "data" and event.sender in done and self._one_sided:
                return event
            if len(done) == 2:
                return event
        if not any(e.name == "client_hello" for e in self.messages):
            # The capture begins after the hellos: data in both directions shows that it went through.
            spoke = {e.sender for e in self.events if e.kind == "data"}
            if len(spoke) == 2:
                return next(e for e in self.events if e.kind == "data")
        return None

    def _completion_tls13(self) -> Event | None:
        """The client has sent its Finished, known by its length."""
        for event in self.events:
            if event.meaning == "finished" or (event.name == "finished" and event.sender == "client"):
                return event
        if self.flow.records[self.speech.client] and not self.flow.streams[self.speech.client].gaps:
            client = [e for e in self.events if e.sender == "client"]
            return next((e for e in client if e.kind == "data" and self._after_hello(e)), None)
        return None

    def _after_hello(self, event: Event) -> bool:
        hello = next((e for e in self.messages if e.name == "server_hello"), None)
        return hello is not None and event.packet > hello.packet

    @property
    def _one_sided(self) -> bool:
        """Whether the capture shows only one direction."""
        return not all(stream.end for stream in self.flow.streams)

    @property
    def one_sided(self) -> bool:
        """Whether the capture shows the packets of one direction only."""
        senders = {e.sender for e in self.events}
        return len(senders) < 2 and self._one_sided

    # --- What came between? -----------------------------------------------------------------------------------------

    def fatal_alerts(self) -> list[Event]:
        """Return the alerts that end a handshake; encrypted ones may."""
        return [
            e
            for e in self.events
            if e.kind == "alert" and e.name not in HARMLESS_ALERTS and e.level != "warning"
        ]

    def first_close(self) -> Event | None:
        """Return the first FIN or RST."""
        return next((e for e in self.events if e.name in ("fin", "rst")), None)

    def foreign(self) -> Side | None:
        """Return the side that spoke something other than TLS where TLS was due."""
        client = self.speech.client
        if self.speech.client_begin is not None and self.speech.server_begin is None:
            stream = self.flow.streams[1 - client]
            if stream.end > self._answered_before():
                return "server"
        return None

    def _answered_before(self) -> int:
        """Return how many bytes the server had sent when the ClientHello came: what was spoken before TLS."""
        begin = self.speech.client_begin or 0
        stream = self.flow.streams[1 - self.speech.client]
        if begin == 0:
            return 0
        packet, _ = self.flow.streams[self.speech.client].arrival(begin + 1)
        before = [
            place for place, (at, _) in enumerate(stream.arrivals) if at < packet
        ]
        return (
            stream.starts[before[-1] + 1]
            if before and before[-1] + 1 < len(stream.starts)
            else stream.end
            if before
            else 0
        )


# --- The three cases ---------------------------------------------------------------------------------------------------


def _without_tls(view: _View) -> Ending:
    """Nobody sent a record of TLS."""
    client = view.speech.client
    said = [view.flow.streams[side].end for side in (client, 1 - client)]
    close = view.first_close()
    if said[0] or said[1]:
        if said[0]:
            return view.ending("not_tls", "client_hello", close)
        return view.ending("not_tls", "server_hello" if not said[0] else "client_hello", close)
    if close is None:
        waited = view.flow.seen_until_ns - view.flow.end_ns
        return view.ending("silent" if waited > PATIENCE_NS else "cut", "client_hello")
    return view.ending("reset" if close.name == "rst" else "closed", "client_hello", close)


def _before_completion(view: _View) -> Ending:
    """TLS was spoken, and the handshake did not get through."""
    foreign = view.foreign()
    if foreign:
        first = next((e for e in view.events if e.sender == foreign and e.kind == "transport"), None)
        return view.ending("not_tls", "server_hello", first)
    alerts = view.fatal_alerts()
    close = view.first_close()
    if alerts and not _is_consequence(alerts[0], close):
        return view.ending("alerted", _step_of_alert(view, alerts[0]), alerts[0])
    warning = next((e for e in view.events if e.kind == "alert"), None)
    if close is not None:
        if close.name == "rst":
            return view.ending("reset", _step_of_close(view, close), close)
        if warning and warning.name != "close_notify" and warning.order < close.order:
            return view.ending("alerted", _step_of_alert(view, warning), warning)
        return view.ending("closed", _step_of_close(view, close), close)
    if view.one_sided:
        return view.ending("cut", _step_due(view))
    return view.ending("silent" if _is_silent(view) else "cut", _step_due(view))


def _after_completion(view: _View, is_last: bool) -> Ending:
    """Both sides, or at least the client, had reached the end; was that accepted?"""
    through = view.through
    assert through is not None
    after = [e for e in view.events if e.order > through.order]
    refusal = _refusal(view, after) if is_last else None
    if refusal is None:
        ending = view.ending("completed", "application_data", through)
        ending.side = None
        return ending
    step = "certificate" if refusal.sender == "client" else "client_certificate"
    return view.ending("rejected", step, refusal)


def _refusal(view: _View, after: list[Event]) -> Event | None:
    """Return the event by which a side refused what it had completed."""
    spoken: set[Side] = set()
    closed: set[Side] = set()
    for event in after:
        if event.kind == "data":
            spoken.add(event.sender)
        elif event.kind == "alert":
            readable_fatal = not event.encrypted and event.level == "fatal"
            if readable_fatal and event.name not in HARMLESS_ALERTS and not closed:
                return event if not spoken or event.sender not in spoken else None
            if event.encrypted and event.sender not in spoken and not closed:
                # Before a word of its own: a server that answers Finished with an alert, a client that leaves.
                if event.sender == "server" or OTHER[event.sender] not in spoken:
                    return event
                return None
            closed.add(event.sender)
        elif event.name in ("fin", "rst"):
            if not closed and not spoken and view.flow.packets:
                return event
            closed.add(event.sender)
    return None


def _is_consequence(alert: Event, close: Event | None) -> bool:
    """Tell whether an alert only answers the other side's FIN or RST."""
    return close is not None and close.sender != alert.sender and close.order < alert.order


def _is_silent(view: _View) -> bool:
    """Tell whether a side owes an answer for too long, rather than the capture having ended."""
    if view.flow.seen_until_ns - view.flow.end_ns > PATIENCE_NS:
        return True
    repeated = [e for e in view.events if e.name == "retransmission"]
    last_words = [e for e in view.events if e.kind in ("message", "alert", "data")]
    if not last_words:
        return False
    waited = view.flow.end_ns - last_words[-1].time_ns
    return waited > PATIENCE_NS or (len(repeated) >= 2 and waited > PATIENCE_NS // 3)


# --- Steps -------------------------------------------------------------------------------------------------------------

KEY_EXCHANGE_ALERTS = ("decrypt_error", "illegal_parameter", "insufficient_security")


def _step_of_alert(view: _View, alert: Event) -> str:
    """Name the message that an alert refuses."""
    before = [e for e in view.messages if e.order < alert.order]
    names = {(e.sender, e.name) for e in before}
    if alert.sender == "server":
        return _step_refused_by_server(view, names)
    if ("server", "server_hello") not in names:
        return "server_hello"
    if view.tls13:
        hidden = any(e.encrypted and e.sender == "server" for e in before)
        about_hello = alert.name in ("illegal_parameter", "bad_record_mac", "protocol_version")
        return "server_hello" if about_hello or not hidden else "certificate"
    if ("client", "change_cipher_spec") in names:
        return "finished" if ("server", "change_cipher_spec") in names else "certificate"
    if ("server", "server_key_exchange") in names and alert.name in KEY_EXCHANGE_ALERTS:
        return "key_exchange"
    return "certificate" if ("server", "certificate") in names else "server_hello"


def _step_refused_by_server(view: _View, names: set[tuple[Side, str]]) -> str:
    if ("server", "server_hello") not in names:
        return "client_hello"
    answered = any(
        sender == "client" and name not in ("client_hello", "end_of_early_data")
        for sender, name in names
    )
    if not answered:
        return "server_hello" if view.tls13 else "client_hello"
    if ("client", "certificate") in names:
        return "client_certificate"
    return "key_exchange" if ("client", "client_key_exchange") in names else "finished"


def _step_of_close(view: _View, close: Event) -> str:
    """Name what was sent to the side that closed, and not accepted; or what it owed."""
    if close.sender == "client":
        return _step_due(view)
    if not view.has("client_hello"):
        return "client_hello"
    if not view.has("server_hello"):
        return "client_hello"
    return _step_due(view)


def _step_due(view: _View) -> str:
    """Name what was due when everything stopped."""
    if not view.has("client_hello"):
        return "client_hello"
    if not view.has("server_hello"):
        return "server_hello"
    if view.tls13 or not view.has("server_hello_done"):
        return "certificate"
    if view.has("client_key_exchange"):
        return "finished"
    return "key_exchange"

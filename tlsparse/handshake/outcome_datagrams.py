"""How did a handshake over UDP end, and where did it break?

There is no connection under DTLS and QUIC: nobody says hello before the ClientHello, and nobody is seen to leave. What
shows instead is who fell silent, and what was sent again because no answer came; and where nobody listens, the server's
host says so by ICMP.

The client's application data tells that it was through with a handshake of TLS 1.3; that the server was, too, shows in
anything that it sends afterwards.

Source: RFC 6347 section 4.2.4 (time-outs), RFC 9001 section 4.1.2 (a handshake is confirmed).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlsparse.handshake.event import Event
from tlsparse.handshake.outcome import (
    PATIENCE_NS,
    Ending,
    Step,
    View,
    refusal_after,
    step_due,
    step_of_alert,
)

if TYPE_CHECKING:
    from tlsparse.handshake.handshake import Handshake

OPENING = ("client_hello", "hello_verify_request", "hello_retry_request")
"""Messages before the server has chosen anything."""

HELLOS = (*OPENING, "server_hello")


def conclude_datagrams(handshake: Handshake) -> Ending:
    """Say how a handshake of DTLS or QUIC ended.

    Parameters
    ----------
    handshake
        Whose `speech` says who the client is, and which sides were heard at all.
    """
    view = View(handshake)
    through = _completion(view)
    alert = view.fatal_alert()
    if through is None or (alert is not None and alert.order < through.order):
        ending = _before_completion(view)
        ending.partial = not view.has("client_hello")
        return ending
    return _after_completion(view, through)


def _completion(view: View) -> Event | None:
    """Return the event with which the handshake was through, at least for the client."""
    if not view.tls13:
        return view.through
    if view.flow.transport == "udp" and (acknowledged := _acknowledged(view)) is not None:
        return acknowledged
    hello = view.first("server_hello")
    return next(
        (
            e
            for e in view.events
            if e.kind == "data"
            and e.sender == "client"
            and e.meaning != "early_data"
            and (hello is None or e.order > hello.order)
        ),
        None,
    )


def _acknowledged(view: View) -> Event | None:
    """Return the first record under the server's last keys of DTLS 1.3 after the client's flight.

    There it acknowledges Finished, which a client need not follow by anything (RFC 9147 section 5.8.1).
    """
    hello = view.first("server_hello")
    answered = False
    for event in view.events:
        if hello is None or event.order <= hello.order:
            continue
        if event.sender == "client":
            answered = answered or (event.kind == "message" and event.encrypted)
        elif event.kind == "data" and answered:
            return event
    return None


def _before_completion(view: View) -> Ending:
    """The handshake did not get through."""
    alert = view.fatal_alert()
    if not view.has("client_hello"):
        readable = alert is not None and not alert.encrypted
        return view.ending("alerted" if readable else "cut", step_due(view), alert)
    if view.speech.server_begin is None and view.refused_by is not None:
        return view.ending("refused", "client_hello", view.refused_by)
    if _is_unanswered(view):
        return view.ending("silent" if _is_silent(view) else "cut", "client_hello")
    if view.speech.server_begin is None:
        return view.ending("cut", step_due(view))
    if alert is not None:
        return view.ending("alerted", step_of_alert(view, alert), alert)
    offer = view.first("version_negotiation")
    if offer is not None and not any(
        e.name == "client_hello" and e.order > offer.order for e in view.messages
    ):
        return view.ending("closed", "client_hello", offer)
    close = view.first("close")
    if close is not None:
        return view.ending("closed", _step(view), close)
    if view.speech.client_begin is None or not _is_silent(view):
        return view.ending("cut", _step(view))
    return view.ending("silent", _step(view))


def _after_completion(view: View, through: Event) -> Ending:
    """The client, at least, had reached the end; was that accepted?"""
    refusal = refusal_after(view, through) if view.has("client_hello") else None
    if refusal is not None:
        step: Step = "certificate" if refusal.sender == "client" else "client_certificate"
        return view.ending("rejected", step, refusal)
    if _is_unconfirmed(view, through):
        return view.ending("silent", "finished")
    ending = view.ending("completed", "application_data", through)
    ending.side = None
    return ending


def _is_unanswered(view: View) -> bool:
    """Tell whether nothing ever came back to the ClientHello, though there may have been an answer out of sight.

    A client that goes on with anything else has had one.
    """
    said = {e.name for e in view.events if e.kind in ("message", "data")}
    return view.speech.server_begin is None and said == {"client_hello"}


def _tried(view: View) -> bool:
    """Tell whether anything but hellos was seen.

    Who hears nothing says hello again within a second, or gives up. A capture of hellos alone has passed a filter.
    """
    return any(event.name not in HELLOS for event in view.events)


def _is_silent(view: View) -> bool:
    """Tell whether a side owes an answer for too long, rather than the capture having ended."""
    if not _tried(view):
        return False
    if view.flow.seen_until_ns - view.flow.end_ns > PATIENCE_NS:
        return True
    said = [e for e in view.events if e.kind != "transport"]
    if any(e.kind == "alert" for e in said):
        return True  # the client gave up, and said so to nobody
    again = sum(1 for e in view.events if e.name == "retransmission")
    waited = view.flow.end_ns - said[-1].time_ns
    return waited > PATIENCE_NS or (again >= 2 and waited > PATIENCE_NS // 3)


def _is_unconfirmed(view: View, through: Event) -> bool:
    """Tell whether a client of TLS 1.3 never heard of the server again, and went on for long."""
    if not view.tls13 or view.speech.server_begin is None:
        return False
    later = [e for e in view.events if e.order > through.order]
    return (
        not any(e.sender == "server" for e in later)
        and sum(1 for e in later if e.sender == "client") > 1
        and view.flow.end_ns - through.time_ns > PATIENCE_NS
    )


def _step(view: View) -> Step:
    """Name what was due when everything stopped.

    Where client or server say again what they said before the client's answer, the server's flight did not get through.
    """
    hello = view.first("server_hello")
    answered = any(e.sender == "client" and e.name not in OPENING for e in view.messages)
    if hello is not None and not answered and not view.tls13:
        again = (e for e in view.events if e.name == "retransmission")
        if any(event.order > hello.order for event in again):
            return "server_hello"
    return step_due(view)

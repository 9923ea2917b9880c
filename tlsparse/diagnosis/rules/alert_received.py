"""An alert ended the handshake."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import cache
from importlib import resources

from tlsparse.diagnosis.chains import look, shown_chain, together
from tlsparse.diagnosis.finding import Finding, Text, advice, phrase_of, rule
from tlsparse.diagnosis.paragraph import paragraph, reason_of
from tlsparse.handshake.event import Event
from tlsparse.handshake.handshake import Handshake
from tlsparse.handshake.stacks import client_stack

LOOKS_LATE = ("curl",)
"""Families that complete the handshake before they compare the name, and refuse with an alert then."""


@rule
def alert_received(handshake: Handshake) -> Iterator[Finding]:
    """One side refused to go on, and said so with an alert.

    What it looks like
        A fatal alert, readable or encrypted, before the handshake is through.

    What it means
        The first fatal alert names the message that was refused, by where it stands, and a reason. Stacks use the same
        reason for different things, so it says no more than `alert_causes.csv` holds for who sent it and when.

    What to try
        Read the log of the side that sent the alert.
    """
    alert = handshake.ending.decisive
    if handshake.outcome not in ("alerted", "rejected") or alert is None or alert.kind != "alert":
        return
    if _may_be_a_farewell(handshake, alert):
        return
    cause, confidence = _cause(handshake.step, alert.name if not alert.encrypted else "")
    refused = next(
        (
            e
            for e in reversed(handshake.events)
            if e.kind == "message" and e.order < alert.order and e.sender != alert.sender
        ),
        None,
    )
    values = {
        "who": phrase_of(alert.sender),
        "packet": alert.packet,
        "alert": alert.name,
        "step": phrase_of(handshake.step),
    }
    said = (
        "The {who} refused the {step} with the alert {alert} (packet {packet})."
        if not alert.encrypted
        else "The {who} refused the {step} with an alert that cannot be read (packet {packet}): it is encrypted."
    )
    hidden = cause.startswith("certificate") and shown_chain(handshake, "server") is None
    yield Finding(
        cause,
        confidence=confidence,
        side="server"
        if cause.startswith(("certificate", "server")) or alert.sender == "client"
        else "client",
        step=handshake.step,
        summary=paragraph(Text(said, **values), reason_of(alert), _may_mean(handshake, alert)),
        fix=together(
            advice(
                "Read the log of the {who} at this time; it knows the reason.",
                who=phrase_of(alert.sender),
            ),
            look(handshake) if hidden else None,
        ),
        evidence=tuple(event for event in (refused, alert) if event is not None),
    )


def _may_mean(handshake: Handshake, alert: Event) -> Text | None:
    """Say what unknown_ca stands for where the chain is encrypted; None for another alert."""
    if alert.name != "unknown_ca" or alert.encrypted or alert.sender != "client":
        return None
    if shown_chain(handshake, "server") is not None:
        return None
    return Text(
        "The chain cannot be seen here: it ends at a root that {client} does not know, lacks an intermediate, or is "
        "self-signed; if a proxy inspects the traffic, it is the proxy's.",
        client=handshake.client.ip,
    )


def _may_be_a_farewell(handshake: Handshake, alert: Event) -> bool:
    """Tell whether an alert after the client's Finished may be a close_notify: most refuse in place of Finished."""
    stack = client_stack(handshake)
    looks_late = stack is not None and stack.family in LOOKS_LATE
    after = handshake.outcome == "rejected" and alert.sender == "client"
    return after and alert.encrypted and not looks_late


def _cause(step: str, description: str) -> tuple[str, float]:
    """Return the cause that an alert at a step stands for, and how sure that is."""
    causes = _causes()
    row = causes.get((step, description)) or causes.get((step, "")) or causes["", ""]
    return row["cause"], float(row["confidence"])


@cache
def _causes() -> dict[tuple[str, str], dict[str, str]]:
    text = resources.files("tlsparse.diagnosis").joinpath("alert_causes.csv").read_text("utf-8")
    return {(row["step"], row["alert"]): row for row in csv.DictReader(text.splitlines())}

"""Alerts: two bytes that say how grave it is, and what it is.

An encrypted alert is longer, and only its length is known; it never comes here.

Source: RFC 8446 section 6.
"""

from __future__ import annotations

from dataclasses import dataclass

from tlsparse.tls.codes import AlertDescription, AlertLevel
from tlsparse.tls.reader import Reader


@dataclass(frozen=True, slots=True)
class Alert:
    """What one side complains of, or that it closes."""

    level: AlertLevel
    description: AlertDescription

    def __str__(self) -> str:
        return f"{self.level} {self.description}"


def decode_alert(data: bytes) -> Alert:
    """Decode an alert that is not encrypted.

    Raises
    ------
    DecodeError
        If `data` is not exactly two bytes.
    """
    body = Reader(data, "alert")
    alert = Alert(AlertLevel(body.u8()), AlertDescription(body.u8()))
    body.finish()
    return alert

"""Several sentences as one: what one piece of evidence says, then what the next adds."""

from __future__ import annotations

from functools import reduce

from tlsparse.diagnosis.finding import Text
from tlsparse.handshake.event import Event


def paragraph(*sentences: Text | None) -> Text:
    """Put whole sentences behind one another; None is one that there is no reason to say."""
    return reduce(_follow, (sentence for sentence in sentences if sentence is not None))


def _follow(said: Text, more: Text) -> Text:
    return Text("{said} {more}", said=said, more=more)


def reason_of(alert: Event) -> Text | None:
    """Quote the reason phrase that a CONNECTION_CLOSE of QUIC may have (RFC 9000 section 19.19); None without one."""
    return Text("It gives the reason: {reason}.", reason=alert.meaning) if alert.meaning else None

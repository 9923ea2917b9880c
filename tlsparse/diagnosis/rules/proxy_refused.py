"""A proxy would not open the tunnel."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.finding import Finding, Phrase, Text, Who, rule
from tlsparse.handshake.handshake import Handshake

CREDENTIALS = "Give the client a user and password that the proxy {proxy} accepts."
FORBIDDEN = "Ask who runs the proxy {proxy} to allow {target}, or let the client reach it without the proxy."
UNREACHABLE = (
    "See from the proxy {proxy} whether {target} can be reached: its name resolves, its port is open, and no "
    "firewall stands between."
)

REMEDIES: dict[tuple[str, str], tuple[Who, str]] = {
    ("http_connect", "401"): ("client", CREDENTIALS),
    ("http_connect", "407"): ("client", CREDENTIALS),
    ("http_connect", "403"): ("server", FORBIDDEN),
    ("http_connect", "405"): ("server", FORBIDDEN),
    ("http_connect", "500"): ("server", UNREACHABLE),
    ("http_connect", "502"): ("server", UNREACHABLE),
    ("http_connect", "503"): ("server", UNREACHABLE),
    ("http_connect", "504"): ("server", UNREACHABLE),
    ("socks", "2"): ("server", FORBIDDEN),
    ("socks", "3"): ("server", UNREACHABLE),
    ("socks", "4"): ("server", UNREACHABLE),
    ("socks", "5"): ("server", UNREACHABLE),
    ("socks", "6"): ("server", UNREACHABLE),
    ("socks", "91"): ("server", UNREACHABLE),
    ("socks", "92"): ("client", CREDENTIALS),
    ("socks", "93"): ("client", CREDENTIALS),
    ("socks", "255"): ("client", CREDENTIALS),
}
"""Who has to act and what to do, by the code of the answer: RFC 9110 section 15, RFC 1928 section 6, SOCKS 4."""


@rule
def proxy_refused(handshake: Handshake) -> Iterator[Finding]:
    """A proxy was asked for a tunnel, and refused.

    What it looks like
        CONNECT, answered with a status other than 200: 407, 403, 503. Or a SOCKS request, answered with a code that is
        not success.

    What it means
        The proxy wants to know who asks, does not allow the target, or cannot reach it. The server behind it has seen
        nothing of all this, and TLS has not begun.

    What to try
        Give the credentials, have the target allowed, or see from the proxy why it cannot be reached.
    """
    prelude = handshake.speech.prelude
    asked, answer = handshake.first("tunnel"), handshake.first("tunnel_refused")
    if handshake.step != "prelude" or prelude is None or prelude.refused is None or answer is None:
        return
    refused = prelude.refused
    who, remedy = REMEDIES.get(
        (prelude.protocol, refused.code),
        ("server", "Read the log of the proxy {proxy} at this time."),
    )
    values = {
        "proxy": handshake.server,
        "target": prelude.target or Phrase("the target"),
        "words": refused.words,
        "code": refused.code,
        "packet": answer.packet,
    }
    words = "{words}" if refused.code in refused.words else "{words} (code {code})"
    yield Finding(
        "protocol.proxy_refused",
        confidence=0.95,
        side=who,
        step="prelude",
        summary=Text(
            f"The proxy {{proxy}} refused a tunnel to {{target}} (packet {{packet}}): {words}.",
            **values,
        ),
        fix=Text(remedy, **values),
        evidence=tuple(event for event in (asked, answer) if event is not None),
    )

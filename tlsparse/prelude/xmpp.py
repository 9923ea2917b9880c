"""XMPP: messages in a stream of XML, where <starttls/> is answered by <proceed/> or <failure/>.

The features that the server lists come right after its stream header. Tags are searched for, not parsed: the words of
strangers are no place for an XML parser, and before TLS there is little else in the stream.

Source: RFC 6120 sections 4.3.2 (features) and 5.4 (STARTTLS).
"""

from __future__ import annotations

import re

from tlsparse.prelude.prelude import Prelude, answer_no, left_unserved
from tlsparse.prelude.talk import Talk, shown

STREAM = rb"\s*(<\?xml[^>]*\?>\s*)?<([\w.-]+:)?stream\b[^>]*\b(jabber:|etherx\.jabber\.org)"
FEATURES = (b"<stream:features", b"</stream:features>")
TLS = rb"urn:ietf:params:xml:ns:xmpp-tls"
GOES_ON = rb"<(auth|iq|message|presence|db:result)\b"


def read_xmpp(talk: Talk) -> Prelude | None:
    """Recognise XMPP by a stream header of either side."""
    if not re.match(STREAM, talk.client) and not re.match(STREAM, talk.server):
        return None
    asks = re.search(rb"<starttls\b[^>]{0,256}>", talk.client)
    features = _features(talk.server)
    advertised = b"<starttls" in features if features else None
    grants = re.search(rb"<proceed\b[^>]{0,256}>", talk.server)
    fails = re.search(rb"<failure\b[^>]{0,256}" + TLS + rb"[^>]{0,256}>", talk.server)
    went_on = not grants and re.search(GOES_ON, talk.client) is not None
    refused = None
    if fails and not grants:
        turn = talk.turn("server", fails.end())
        refused = answer_no(turn, "failure", fails[0], advertised=advertised)
    elif features and advertised is False and not asks and not went_on:
        turn = talk.turn("server", talk.server.find(features) + len(features))
        refused = left_unserved(talk, turn, features)
    return Prelude(
        "xmpp",
        advertised=advertised,
        asked=talk.turn("client", asks.end()) if asks else None,
        request=shown(asks[0]) if asks else "",
        granted=talk.turn("server", grants.end()) if grants else None,
        refused=refused,
        went_on=went_on,
    )


def _features(server: bytes) -> bytes:
    """Return the first list of features; empty if there is none, or its end is missing."""
    begin = server.find(FEATURES[0])
    if begin < 0:
        return b""
    if re.match(rb"[^<>]*/>", server[begin + 1 :]):  # an empty list
        return server[begin : server.find(b"/>", begin) + 2]
    end = server.find(FEATURES[1], begin)
    return server[begin : end + len(FEATURES[1])] if end >= 0 else b""

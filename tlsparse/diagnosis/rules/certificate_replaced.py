"""The client was shown another chain than others were by the same server: something in between signs its own."""

from __future__ import annotations

from collections.abc import Iterator

from tlsparse.diagnosis.chains import Shown, look, precedent_chain, shown_chain, together
from tlsparse.diagnosis.finding import Finding, Text, rule
from tlsparse.handshake.handshake import Handshake


@rule
def certificate_replaced(handshake: Handshake) -> Iterator[Finding]:
    """The client refused a chain that is not the one that the same server showed to another client.

    What it looks like
        Two handshakes with the same server and the same name, each with a Certificate in clear. The chain that was
        accepted and the one that was refused lead to different authorities, and the refused one to none that is public.

    What it means
        Something between the client and the server inspects its traffic, and signs a certificate of its own; its root
        is not installed on this client. More rarely the address is that of several servers, one of which has another
        certificate.

    What to try
        Ask whoever runs the network for the root of the inspecting proxy, or to exempt this server.
    """
    refusal = handshake.ending.decisive
    if (
        handshake.outcome not in ("alerted", "rejected")
        or handshake.step != "certificate"
        or refusal is None
        or refusal.sender != "client"
    ):
        return
    shown, usual = shown_chain(handshake, "server"), precedent_chain(handshake)
    if shown is None or usual is None or not _is_replaced(shown, usual):
        return
    self_signed = shown.verdict.leaf.issuer == shown.verdict.leaf.subject
    yield Finding(
        "certificate.untrusted.interception",
        confidence=0.5 if self_signed else 0.88 if usual.verdict.is_public else 0.6,
        side="network",
        step=handshake.step,
        summary=Text(
            "The client refused a certificate issued by {issuer} (packet {packet}); another client was shown one "
            "issued by {usual} for the same name by the same server (packet {other}), and accepted it.",
            issuer=shown.verdict.leaf.issuer or "?",
            packet=shown.event.packet,
            usual=usual.verdict.leaf.issuer or "?",
            other=usual.event.packet,
        ),
        fix=together(
            Text(
                "See what inspects traffic between {client} and {server}, and install its root on the client or exempt "
                "the server from inspection; if nothing does, see whether several servers share the address.",
                client=handshake.client.ip,
                server=handshake.target,
            ),
            look(handshake),
        ),
        evidence=(usual.event, shown.event, refusal),
    )


def _is_replaced(shown: Shown, usual: Shown) -> bool:
    """Tell whether two chains are of different authorities, and that which was refused of none that is public."""
    if shown.verdict.anchored or shown.verdict.leaf.sha256 == usual.verdict.leaf.sha256:
        return False
    ends = shown.verdict.top.issuer, usual.verdict.top.issuer
    return ends[0] != ends[1] and shown.verdict.leaf.issuer != usual.verdict.leaf.issuer

"""The chain that a side showed, and each of its faults in words: the cause it is, who mends it, and how.

What a chain's faults are is `trust`'s to say; which of them made a handshake fail is a rule's. Here is what is said of
each, so that all rules say the same. A name from the capture goes into a command only if it is one that a shell leaves
alone.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import NamedTuple

from tlsparse.diagnosis.finding import Text, Who, phrase_of
from tlsparse.handshake.event import Event, Side
from tlsparse.handshake.handshake import Handshake
from tlsparse.pcap.block import NO_TIME
from tlsparse.tls.certificate import Certificate
from tlsparse.tls.certificate_status import CertificateStatus
from tlsparse.tls.codes import ExtensionType
from tlsparse.trust.chain import ChainVerdict, Fault, judge_chain
from tlsparse.trust.names import common_name

PLAIN_NAME = re.compile(r"[A-Za-z0-9_.-]{1,253}")


class Shown(NamedTuple):
    """A chain that could be read."""

    event: Event  # the message that brought it
    at: datetime
    verdict: ChainVerdict


def shown_chain(handshake: Handshake, side: Side) -> Shown | None:
    """Judge the chain that a side showed; None if it showed none that can be read."""
    event = handshake.first("certificate", side) or handshake.first("compressed_certificate", side)
    message = getattr(event.body, "certificate", event.body) if event else None
    if event is None or not isinstance(message, Certificate) or message.is_raw_public_key:
        return None
    if event.time_ns == NO_TIME:
        return None  # whether a certificate was valid then, nobody can say
    at = datetime.fromtimestamp(event.time_ns / 1e9, UTC)
    verdict = judge_chain(
        message.certificates,
        at=at,
        server_name=handshake.server_name,
        address=handshake.server.ip,
        purpose=side,
        staple=_staple(handshake, message) if side == "server" else None,
    )
    return Shown(event, at, verdict) if verdict is not None else None


def _staple(handshake: Handshake, message: Certificate) -> bytes | None:
    """Return the stapled OCSP response for the leaf, of the message's own extension or of CertificateStatus."""
    status = message.entries[0].value(ExtensionType.status_request) if message.entries else None
    if status is None:
        status = handshake.body("certificate_status", CertificateStatus)
    if isinstance(status, CertificateStatus) and status.responses:
        return status.responses[0] or None
    return None


class Words(NamedTuple):
    """What is said of a kind of fault. `causes` are of a server's certificate, and of a client's."""

    causes: tuple[str, str]
    summary: str
    fix: str
    authority_summary: str = ""  # where it is an authority of the chain that has the fault
    authority_fix: str = ""


UNKNOWN = (
    "The chain of {subject} ends at {detail}, which is in no public list of roots and which the {judge} does not "
    "know either."
)

WORDS = {
    "expired": Words(
        ("certificate.expired", "client_certificate.expired"),
        "The certificate of {subject} expired on {detail} UTC, {days} days before.",
        "Renew the certificate of {subject} and load it where {owner} runs{check}.",
        "The authority {subject} in the chain expired on {detail} UTC, {days} days before.",
        "Replace the authority {subject} in the chain of {owner} by its current certificate{check}.",
    ),
    "not_yet_valid": Words(
        ("certificate.not_yet_valid", "client_certificate"),
        "The certificate of {subject} is valid only from {detail} UTC, {days} days later.",
        "Let {owner} use the former certificate until {detail}, or have one issued that is valid now; if the capture's "
        "own clock is wrong, mend that first{check}.",
        "The authority {subject} in the chain is valid only from {detail} UTC, {days} days later.",
        "Have {owner} send a chain whose authorities are valid now{check}.",
    ),
    "name": Words(
        ("certificate.name", "client_certificate"),
        "The client asked for {name}; the certificate is for {detail}.",
        "Give {owner} a certificate with {name} in subjectAltName, or let the client ask for a name that it "
        "has{check}.",
    ),
    "address": Words(
        ("certificate.name", "client_certificate"),
        "The client named no host and came to {ip}; the certificate is for {detail}.",
        "Let the client use the name of the server, not its address, or put the address into subjectAltName{check}.",
    ),
    "no_san": Words(
        ("certificate.name", "client_certificate"),
        "The certificate has no subjectAltName, only the common name {detail}, at which clients no longer look.",
        "Have a certificate issued with the host's name in subjectAltName, for {owner}{check}.",
    ),
    "self_signed": Words(
        ("certificate.untrusted.self_signed", "client_certificate.unknown_ca"),
        "The certificate of {subject} is signed with its own key, and by no authority.",
        "Have an authority that the {judge} knows sign the certificate of {owner}, or give it to the {judge} as "
        "trusted{check}.",
    ),
    "missing_intermediate": Words(
        ("certificate.untrusted.missing_intermediate", "client_certificate.unknown_ca"),
        "The certificate of {subject} was issued by {issuer}, and {owner} sends no certificate of that authority.",
        "Put the certificate of {issuer} after the server's own into the chain file of {owner}{source}{check}.",
    ),
    "unknown_ca": Words(
        ("certificate.untrusted.unknown_ca", "client_certificate.unknown_ca"),
        UNKNOWN,
        "Give the {judge} the root {detail} as trusted, if it is yours; else have a public authority certify "
        "{owner}{check}.",
        UNKNOWN,
        "Give the {judge} the root {detail} as trusted, if it is yours; else have a public authority certify "
        "{owner}{check}.",
    ),
    "untrusted": Words(
        ("certificate.untrusted", "client_certificate.unknown_ca"),
        "The certificate of {subject} was issued by {detail}; no certificate of that authority was sent, and no public "
        "list of roots has it.",
        "If {detail} is an intermediate authority, put its certificate into the chain file of {owner}; if it is a "
        "root, give it to the {judge} as trusted{check}.",
    ),
    "interception": Words(
        ("certificate.untrusted.interception", "client_certificate.unknown_ca"),
        "The certificate was issued by {issuer}: {detail} sits between client and server and signs for it.",
        "Install the root of {detail} on the client, or exempt {name} from its inspection.",
    ),
    "usage": Words(
        ("certificate.usage", "client_certificate.usage"),
        "The certificate of {subject} may be used for {detail}, and not for what it was shown (extendedKeyUsage).",
        "Have a certificate issued for {owner} with extendedKeyUsage {usage}{check}.",
    ),
    "ca_constraints": Words(
        ("certificate.ca_constraints", "client_certificate"),
        "The certificate of {subject} breaks a rule of its chain: {detail}.",
        "Have the certificate of {owner} issued anew, without that{check}.",
        "The authority {subject} may not issue what stands below it: {detail}.",
        "Have the certificate of {owner} issued by an authority that may{check}.",
    ),
    "bad_signature": Words(
        ("certificate.bad_signature", "client_certificate.bad_signature"),
        "The signature on the certificate of {subject} does not verify with the key of {detail}.",
        "Load the certificate of {owner} again from where it was issued: it was changed, or the authority sent with it "
        "has the same name and another key{check}.",
        "The signature on the authority {subject} does not verify with the key of {detail}.",
        "Load the chain of {owner} again from where it was issued{check}.",
    ),
    "weak_key": Words(
        ("certificate.weak_key", "client_certificate"),
        "The key of {subject} is too short: {detail}.",
        "Make a new key (RSA of 2048 bits or more, or P-256) for {owner}, and have it certified{check}.",
    ),
    "weak_signature": Words(
        ("certificate.weak_signature", "client_certificate"),
        "The certificate of {subject} is signed with {detail}, which is no longer accepted.",
        "Have the certificate of {owner} issued anew with SHA-256{check}.",
    ),
    "staple": Words(
        ("certificate.staple", "client_certificate"),
        "Of the certificate of {subject}: {detail}.",
        "Turn on OCSP stapling at {owner} (nginx: ssl_stapling on; Apache: SSLUseStapling on), and see that it reaches "
        "the OCSP responder{check}.",
    ),
    "revoked": Words(
        ("certificate.revoked", "client_certificate.revoked"),
        "The stapled OCSP response says that the certificate of {subject} was revoked on {detail} UTC.",
        "Have a new certificate issued for {owner}, with a new key{check}.",
    ),
    "order": Words(
        ("certificate.untrusted", "client_certificate"),
        "The certificates of the chain come in the wrong order: the path goes {detail}.",
        "Sort the chain file of {owner}: the server's own first, each followed by its issuer{check}.",
    ),
    "duplicate": Words(
        ("certificate", "client_certificate"),
        "The chain has the same certificate twice.",
        "Remove the second copy from the chain file of {owner}{check}.",
    ),
    "unreadable": Words(
        ("certificate", "client_certificate"),
        "The certificate cannot be read: {detail}.",
        "Have the certificate of {owner} issued anew{check}.",
    ),
}
"""What is said of each kind of fault."""


def cause_of(fault: Fault, side: Side) -> str:
    """Return the cause that a fault of a side's chain is."""
    return WORDS[fault.kind].causes[side == "client"]


def summary_of(fault: Fault, shown: Shown, handshake: Handshake, side: Side) -> Text:
    """Say what is wrong, with the values seen."""
    words = WORDS[fault.kind]
    template = (fault.position and words.authority_summary) or words.summary
    return Text(template, **_values(fault, shown, handshake, side))


def fix_of(fault: Fault, shown: Shown, handshake: Handshake, side: Side) -> Text:
    """Say what to do about it."""
    words = WORDS[fault.kind]
    template = (fault.position and words.authority_fix) or words.fix
    return Text(template, **_values(fault, shown, handshake, side))


def mender_of(fault: Fault, side: Side) -> Who:
    """Return who has to act: the owner of the chain, but for what lies between the two."""
    return "network" if fault.kind == "interception" else side


def check_command(handshake: Handshake) -> str:
    """Return the command that shows the server's chain."""
    name = handshake.server_name or ""
    asked = f" -servername {name}" if PLAIN_NAME.fullmatch(name) else ""
    return f"openssl s_client -connect {handshake.server}{asked} -showcerts </dev/null"


def _values(fault: Fault, shown: Shown, handshake: Handshake, side: Side) -> dict[str, object]:
    certificate = fault.certificate
    ends = {"expired": certificate.not_after, "not_yet_valid": certificate.not_before}
    end = ends.get(fault.kind)
    server = side == "server"
    return {
        "subject": common_name(certificate.subject) or certificate.subject or "?",
        "issuer": certificate.issuer or "?",
        "detail": fault.detail or "?",
        "days": abs((shown.at - end).days) if end is not None else 0,
        "name": handshake.server_name or str(handshake.server),
        "ip": handshake.server.ip,
        "owner": handshake.server if server else handshake.client,
        "judge": phrase_of("client" if server else "server"),
        "usage": "serverAuth" if server else "clientAuth",
        "source": Text(" (it is at {url})", url=fault.detail)
        if fault.detail.startswith("http")
        else "",
        "check": Text("; look with: {command}", command=check_command(handshake)) if server else "",
    }

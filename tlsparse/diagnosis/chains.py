"""The chain that a side showed, and each of its faults in words: the cause it is, who mends it, and how.

What a chain's faults are is `trust`'s to say; which of them made a handshake fail is a rule's. Here is what is said of
each, so that all rules say the same. A name from the capture goes into a command only if it is one that a shell leaves
alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from string import Formatter
from typing import NamedTuple

from tlsparse.diagnosis.finding import Text, Who
from tlsparse.diagnosis.settings import chain_setting, trust_setting
from tlsparse.diagnosis.times import duration, span_ns
from tlsparse.handshake.event import Event, Side
from tlsparse.handshake.handshake import Handshake
from tlsparse.tls.certificate import Certificate
from tlsparse.tls.certificate_status import CertificateStatus
from tlsparse.tls.codes import CipherSuite, ExtensionType
from tlsparse.tls.x509 import X509
from tlsparse.trust.chain import ChainVerdict, Fault, judge_chain
from tlsparse.trust.constraints import KEY_USAGES, KeyUse
from tlsparse.trust.names import common_name

PLAIN_NAME = re.compile(r"[A-Za-z0-9_.-]{1,253}")

MOST_BESIDES = 5
"""So many other faults of a chain are written out."""


FIRST_TIME_NS = 788_918_400_000_000_000
"""The beginning of 1995, before there was SSL: an earlier time of a capture counts from anywhere, and is no date."""


class Shown(NamedTuple):
    """A chain that could be read."""

    event: Event  # the message that brought it
    at: datetime
    verdict: ChainVerdict


def shown_chain(handshake: Handshake, side: Side) -> Shown | None:
    """Judge the chain that a side showed; None if it showed none that can be read."""
    event = handshake.first("certificate", side) or handshake.first("compressed_certificate", side)
    return None if event is None else _judged(handshake, side, event, event.time_ns, own=True)


def precedent_chain(handshake: Handshake) -> Shown | None:
    """Judge, as of the time of a handshake, the chain that its server showed to another client under the same name."""
    begin = handshake.first("client_hello")
    for precedent in handshake.precedents:
        if precedent.offer.server_name == handshake.server_name and begin is not None:
            event = precedent.certificate
            if event is None:
                continue
            shown = _judged(handshake, "server", event, begin.time_ns, own=False)
            if shown is not None:
                return shown
    return None


def _judged(
    handshake: Handshake, side: Side, event: Event, time_ns: int, *, own: bool
) -> Shown | None:
    """Judge a chain at a time; what came beside it is looked at only in the handshake's own."""
    message = getattr(event.body, "certificate", event.body)
    if not isinstance(message, Certificate) or message.is_raw_public_key:
        return None
    if time_ns < FIRST_TIME_NS:
        return None  # whether a certificate was valid then, nobody can say
    at = datetime.fromtimestamp(time_ns / 1e9, UTC)
    server = side == "server"
    trust = handshake.trust
    verdict = judge_chain(
        message.certificates,
        at=at,
        server_name=handshake.server_name,
        address=handshake.target.ip,
        purpose=side,
        staple=_staple(handshake, message) if server and own else None,
        roots=trust.roots if trust else None,
        crls=trust.crls if trust else None,
        use=_key_use(handshake.cipher_suite) if server else None,
        has_timestamps=not own or (server and _has_timestamps(handshake, message)),
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


def _has_timestamps(handshake: Handshake, message: Certificate) -> bool:
    """Tell whether timestamps of logs came beside the chain (RFC 6962 section 3.3)."""
    hello = handshake.server_hello
    kind = ExtensionType.signed_certificate_timestamp
    return bool(message.entries and message.entries[0].value(kind)) or bool(
        hello and hello.extension(kind)
    )


@lru_cache(maxsize=512)
def _key_use(suite: CipherSuite | None) -> KeyUse | None:
    """Return what a server does with its key in a cipher suite; None if that does not tell."""
    if suite is None or not suite.name.startswith("TLS_"):
        return None
    if suite.name.startswith(("TLS_ECDHE_", "TLS_DHE_")) or "_WITH_" not in suite.name:
        return "digital_signature"
    return "key_encipherment" if suite.name.startswith("TLS_RSA_") else None


def together(*sentences: Text | str | None) -> Text:
    """Put whole sentences one after the other; what is empty is left out."""
    kept = [sentence for sentence in sentences if sentence]
    names = [f"sentence{number}" for number in range(len(kept))]
    template = " ".join(f"{{{name}}}" for name in names)
    return Text(template, **dict(zip(names, kept, strict=True)))


class Words(NamedTuple):
    """What is said of a kind of fault. `causes` are of a server's certificate, and of a client's."""

    causes: tuple[str, str]
    summary: str
    fix: str
    authority_summary: str = ""  # where it is an authority of the chain that has the fault
    authority_fix: str = ""
    setting: str = (
        ""  # what is to be set as well: the chain of the owner, or the trust of the judge
    )
    client_fix: str = ""  # where it is the client's chain, if that is another one


UNKNOWN_CA = ("certificate.untrusted.unknown_ca", "client_certificate.unknown_ca")
EXPIRED = ("certificate.expired", "client_certificate.expired")
CONSTRAINTS = ("certificate.ca_constraints", "client_certificate")
STAPLE = ("certificate.staple", "client_certificate")
REVOKED = ("certificate.revoked", "client_certificate.revoked")

UNKNOWN = "The chain of {leaf} ends at {detail}, which is in no public list of roots; {judge} does not know it either."
GIVE_ROOT = "Give {judge} the root {detail} as trusted, if it is yours; else have a public authority certify {owner}."
SHOW_ANOTHER = (
    "Give {owner} a certificate of an authority that {judge} accepts; or give {judge} the root {detail} as trusted, if "
    "it is yours."
)
REISSUE = "Have the certificate of {owner} issued anew, without that."
OTHER_AUTHORITY = "Have the certificate of {owner} issued by an authority that may."
MISSING = "The certificate of {subject} was issued by {issuer}, and {owner} sends no certificate of that authority."
SEND_ISSUER = (
    "Put the certificate of {issuer} after the server's own into the chain file of {owner}."
)
SEND_FETCHED = (
    "Fetch the certificate of {issuer} from {detail}, and put it after the server's own into the chain file of "
    "{owner}."
)
STAPLING = (
    "See that {owner} reaches its OCSP responder, and staples what it answers (nginx: ssl_stapling_verify on shows "
    "why not; Apache: SSLUseStapling on)."
)

WORDS = {
    "expired": Words(
        EXPIRED,
        "The certificate of {subject} expired on {detail} UTC, {span} before.",
        "Renew the certificate of {subject} and load it where {owner} runs.",
        "The authority {subject} in the chain expired on {detail} UTC, {span} before.",
        "Replace the authority {subject} in the chain of {owner} by its current certificate.",
        setting="chain",
    ),
    "expired_root": Words(
        EXPIRED,
        "The chain of {leaf} ends at {detail}, which was a public root until it expired on {end} UTC.",
        "Have {owner} send a chain to a root of today: ask the authority for its current intermediate.",
        setting="chain",
    ),
    "longer_path": Words(
        EXPIRED,
        "The chain leads to the root {top}, which is good, but the server also sends {subject} signed by {allowed}, "
        "and that way has not been valid since {detail} UTC. Old clients (OpenSSL 1.0.2, GnuTLS before 3.6.14) take it "
        "and say that the certificate has expired.",
        "Take the certificate of {subject} signed by {allowed} out of the chain file of {owner}; or update the client, "
        "or remove {allowed} from its list of roots.",
        setting="chain",
    ),
    "not_yet_valid": Words(
        ("certificate.not_yet_valid", "client_certificate"),
        "The certificate of {subject} is valid only from {detail} UTC, {span} later.",
        "Let {owner} use the former certificate until {detail}, or have one issued that is valid now; if the capture's "
        "own clock is wrong, mend that first.",
        "The authority {subject} in the chain is valid only from {detail} UTC, {span} later.",
        "Have {owner} send a chain whose authorities are valid now.",
    ),
    "name": Words(
        ("certificate.name", "client_certificate"),
        "The client asked for {name}; the certificate is for {detail}.",
        "Give {owner} a certificate with {name} in subjectAltName, or let the client ask for a name that it has.",
    ),
    "address": Words(
        ("certificate.name", "client_certificate"),
        "The client named no host and came to {ip}; the certificate is for {detail}.",
        "Let the client use the name of the server, not its address, or put the address into subjectAltName.",
    ),
    "no_san": Words(
        ("certificate.name", "client_certificate"),
        "The certificate has no subjectAltName, only the common name {detail}, at which clients no longer look.",
        "Have a certificate issued with the host's name in subjectAltName, for {owner}.",
    ),
    "no_san.nameless": Words(
        ("certificate.name", "client_certificate"),
        "The certificate has no subjectAltName and no common name: it is for no host at all.",
        "Have a certificate issued with the host's name in subjectAltName, for {owner}.",
    ),
    "self_signed": Words(
        ("certificate.untrusted.self_signed", "client_certificate.unknown_ca"),
        "The certificate of {subject} is signed with its own key, and by no authority.",
        "Have an authority that {judge} knows sign the certificate of {owner}, or give it to {judge} as trusted.",
        setting="trust",
    ),
    "missing_intermediate": Words(
        ("certificate.untrusted.missing_intermediate", "client_certificate.unknown_ca"),
        MISSING,
        SEND_ISSUER,
        setting="chain",
    ),
    "missing_intermediate.aia": Words(
        ("certificate.untrusted.missing_intermediate", "client_certificate.unknown_ca"),
        MISSING,
        SEND_FETCHED,
        setting="chain",
    ),
    "unknown_ca": Words(
        UNKNOWN_CA,
        UNKNOWN,
        GIVE_ROOT,
        UNKNOWN,
        GIVE_ROOT,
        setting="trust",
        client_fix=SHOW_ANOTHER,
    ),
    "untrusted": Words(
        ("certificate.untrusted", "client_certificate.unknown_ca"),
        "The certificate of {subject} was issued by {detail}; no certificate of that authority was sent, and no public "
        "list of roots has it.",
        "If {detail} is an intermediate authority, put its certificate into the chain file of {owner}; if it is a "
        "root, give it to {judge} as trusted.",
        setting="trust",
    ),
    "former_root": Words(
        UNKNOWN_CA,
        "The chain of {leaf} ends at {detail}, which was a public root until it left the list between {listed} and "
        "{gone}.",
        "Have {owner} certified by an authority that is in the list of roots now; until then, who must trust it needs "
        "the root {detail} again.",
        setting="trust",
    ),
    "former_root.then": Words(
        UNKNOWN_CA,
        "The chain of {leaf} ends at {detail}, which was a public root at the time of the capture (it left the list "
        "between {listed} and {gone}).",
        "See which list of roots {judge} uses: at the time of the capture the public one had {detail}.",
        setting="trust",
    ),
    "interception": Words(
        ("certificate.untrusted.interception", "client_certificate.unknown_ca"),
        "The certificate was issued by {issuer}: {detail} sits between client and server and signs for it.",
        "Install the root of {detail} on the client, or exempt {name} from its inspection.",
        setting="trust",
    ),
    "interception.generic": Words(
        ("certificate.untrusted.interception", "client_certificate.unknown_ca"),
        "The certificate was issued by {issuer}, by its name an inspecting proxy between client and server.",
        "Install the root of the inspecting proxy on the client, or exempt {name} from its inspection.",
        setting="trust",
    ),
    "usage": Words(
        ("certificate.usage", "client_certificate.usage"),
        "The certificate of {subject} may be used for {detail}, and not for what it was shown (extendedKeyUsage).",
        "Have a certificate issued for {owner} with extendedKeyUsage {usage}.",
        "The authority {subject} may issue certificates for {detail} only (extendedKeyUsage).",
        OTHER_AUTHORITY,
    ),
    "usage.key": Words(
        ("certificate.usage", "client_certificate.usage"),
        "The key of {subject} may be used for {detail}, and the handshake needs {need} (keyUsage).",
        "Have a certificate issued for {owner} with keyUsage {need}.",
    ),
    "ca_constraints.critical": Words(
        CONSTRAINTS,
        "The certificate of {subject} has the critical extension {detail}, which most TLS libraries do not accept.",
        REISSUE,
        "The authority {subject} has the critical extension {detail}, which most TLS libraries do not accept.",
        OTHER_AUTHORITY,
    ),
    "ca_constraints.no_authority": Words(
        CONSTRAINTS,
        "The certificate of {subject} issued the one below it, and is no authority (basicConstraints).",
        OTHER_AUTHORITY,
    ),
    "ca_constraints.pathlen": Words(
        CONSTRAINTS,
        "The authority {subject} allows {allowed} authorities below it, and there are {detail} (pathlen).",
        OTHER_AUTHORITY,
    ),
    "ca_constraints.key_usage": Words(
        CONSTRAINTS,
        "The key of the authority {subject} may not sign certificates (keyUsage lacks keyCertSign).",
        OTHER_AUTHORITY,
    ),
    "ca_constraints.permitted": Words(
        CONSTRAINTS,
        "The authority {subject} may only issue for {allowed}, not for {detail} (name constraints).",
        OTHER_AUTHORITY,
    ),
    "ca_constraints.excluded": Words(
        CONSTRAINTS,
        "The authority {subject} may not issue for {detail} (name constraints).",
        OTHER_AUTHORITY,
    ),
    "bad_signature": Words(
        ("certificate.bad_signature", "client_certificate.bad_signature"),
        "The signature on the certificate of {subject} does not verify with the key of {detail}.",
        "Load the certificate of {owner} again from where it was issued: it was changed, or the authority sent with it "
        "has the same name and another key.",
        "The signature on the authority {subject} does not verify with the key of {detail}.",
        "Load the chain of {owner} again from where it was issued.",
        setting="chain",
    ),
    "weak_key": Words(
        ("certificate.weak_key", "client_certificate"),
        "The key of {subject} is too short: {detail}.",
        "Make a new key (RSA of 2048 bits or more, or P-256) for {owner}, and have it certified.",
    ),
    "weak_signature": Words(
        ("certificate.weak_signature", "client_certificate"),
        "The certificate of {subject} is signed with {detail}, which is no longer accepted.",
        "Have the certificate of {owner} issued anew with SHA-256.",
    ),
    "staple.missing": Words(
        STAPLE,
        "The certificate of {subject} demands a stapled OCSP response (TLS feature), and there is none.",
        "Turn on OCSP stapling at {owner} (nginx: ssl_stapling on; Apache: SSLUseStapling on; HAProxy: set ssl "
        "ocsp-response), and see that it reaches the OCSP responder.",
    ),
    "staple.stale": Words(
        STAPLE,
        "The stapled OCSP response for {subject} was good until {detail} UTC, before the capture.",
        STAPLING,
    ),
    "staple.early": Words(
        STAPLE,
        "The stapled OCSP response for {subject} is good only from {detail} UTC, after the capture.",
        "Compare the clock of the OCSP responder with that of the capture.",
    ),
    "staple.unknown": Words(
        STAPLE,
        "The stapled OCSP response says that the authority does not know the certificate of {subject}.",
        "Have the certificate of {owner} issued anew, or ask its authority why its responder does not know it.",
    ),
    "staple.unsuccessful": Words(
        STAPLE,
        "The stapled OCSP response for {subject} has no status, but the error {detail}.",
        STAPLING,
    ),
    "staple.unreadable": Words(
        STAPLE, "The stapled OCSP response for {subject} cannot be read.", STAPLING
    ),
    "staple.other": Words(
        STAPLE,
        "The stapled OCSP response is for the certificate with the serial number {detail}, not for that of {subject}.",
        STAPLING,
    ),
    "staple.signature": Words(
        STAPLE,
        "The stapled OCSP response for {subject} is not signed by {detail}, nor by a responder of it.",
        STAPLING,
    ),
    "revoked.staple": Words(
        REVOKED,
        "The stapled OCSP response says that the certificate of {subject} was revoked on {detail} UTC ({reason}).",
        "Have a new certificate issued for {owner}, with a new key.",
        setting="chain",
    ),
    "revoked.crl": Words(
        REVOKED,
        "The certificate of {subject} was revoked on {detail} UTC ({reason}), by the list of {by} of "
        "{this_update} UTC.",
        "Have a new certificate issued for {owner}, with a new key.",
        "The authority {subject} was revoked on {detail} UTC ({reason}), by the list of {by} of {this_update} UTC.",
        "Have the certificate of {owner} issued anew, by another authority.",
        setting="chain",
    ),
    "stale_list": Words(
        ("certificate", "client_certificate"),
        "The revocation list of {allowed} was good only until {detail} UTC; who insists on a current one refuses every "
        "certificate of that authority.",
        "Give {judge} a current revocation list of {allowed}, and see that it is fetched again before it ends.",
    ),
    "not_logged": Words(
        ("certificate.not_logged", "client_certificate"),
        "The certificate of {subject} is of a public authority and has no timestamps of a log (SCTs); Chrome, Safari "
        "and Firefox refuse it.",
        "Have the certificate of {owner} issued anew, with timestamps in it; the authority puts them in by itself.",
    ),
    "lifetime": Words(
        ("certificate.lifetime", "client_certificate"),
        "The certificate of {subject} is valid for {detail} days; browsers accept {allowed} of a public authority for "
        "one issued on {begin}.",
        "Have a certificate issued for {owner} that is valid for at most {allowed} days.",
    ),
    "order": Words(
        ("certificate.untrusted", "client_certificate"),
        "The certificates of the chain come in the wrong order: the path goes {detail}.",
        "Sort the chain file of {owner}: the server's own first, each followed by its issuer.",
        setting="chain",
    ),
    "stray": Words(
        ("certificate.untrusted", "client_certificate.unknown_ca"),
        "{owner} also sends {detail}, which has no place in the chain of {subject}.",
        "Take {detail} out of the chain file of {owner}.",
        setting="chain",
    ),
    "duplicate": Words(
        ("certificate", "client_certificate"),
        "The chain has the same certificate twice.",
        "Remove the second copy from the chain file of {owner}.",
    ),
    "unreadable": Words(
        ("certificate", "client_certificate"),
        "The certificate cannot be read: {detail}.",
        "Have the certificate of {owner} issued anew.",
    ),
}
"""What is said of each kind of fault, or of one form of it: ``kind.why``."""


def cause_of(fault: Fault, side: Side) -> str:
    """Return the cause that a fault of a side's chain is."""
    return _words(fault).causes[side == "client"]


def summary_of(fault: Fault, shown: Shown, handshake: Handshake, side: Side) -> Text:
    """Say what is wrong, with the values seen."""
    words = _words(fault)
    template = (fault.position and words.authority_summary) or words.summary
    said = Text(template, **_values(template, _Case(fault, shown, handshake, side)))
    return together(said, _age_of_list(fault, shown)) if fault.why == "crl" else said


def besides(faults: list[Fault], shown: Shown, handshake: Handshake, side: Side) -> Text | None:
    """Say which other faults a chain has; None if it has none."""
    if not faults:
        return None
    told = [summary_of(fault, shown, handshake, side) for fault in faults[:MOST_BESIDES]]
    return together(Text("Besides:"), *told)


def fix_of(fault: Fault, shown: Shown, handshake: Handshake, side: Side) -> Text:
    """Say what to do about it: what, where it is set, and how to look."""
    words = _words(fault)
    own = words.client_fix if side == "client" else ""
    template = own or (fault.position and words.authority_fix) or words.fix
    return together(
        Text(template, **_values(template, _Case(fault, shown, handshake, side))),
        chain_setting(handshake, side) if words.setting == "chain" else None,
        trust_setting(handshake, side) if words.setting == "trust" else None,
        look(handshake) if side == "server" else None,
    )


def mender_of(fault: Fault, side: Side) -> Who:
    """Return who has to act: the owner of the chain, but for what lies between the two, or with the other.

    Who sends a chain of an authority of his own means it; who is to trust it lacks the root.
    """
    if fault.kind == "interception":
        return "network"
    if fault.kind == "unknown_ca" and side == "server":
        return "client"
    if fault.kind == "stale_list" or (fault.kind == "former_root" and fault.why == "then"):
        return "client" if side == "server" else "server"
    return side


def look(handshake: Handshake) -> Text:
    """Say how to look at the server's chain."""
    return Text("Look with: {command}", command=check_command(handshake))


CARRIERS = {"udp": " -dtls", "quic": " -quic -alpn h3"}
"""Options of openssl s_client, by transport. Those of QUIC are of OpenSSL 3.2, which wants a protocol named."""

STARTTLS = {
    "smtp": "smtp",
    "lmtp": "lmtp",
    "imap": "imap",
    "pop3": "pop3",
    "ftp": "ftp",
    "nntp": "nntp",
    "irc": "irc",
    "xmpp": "xmpp",
    "ldap": "ldap",
    "mysql": "mysql",
    "postgresql": "postgres",
    "sieve": "sieve",
}
"""What openssl s_client calls the protocols in which TLS is begun by a command."""


def check_command(handshake: Handshake) -> str:
    """Return the command that shows the server's chain."""
    name = handshake.server_name or ""
    asked = f" -servername {name}" if PLAIN_NAME.fullmatch(name) else ""
    carried = carrier_options(handshake)
    return f"openssl s_client -connect {handshake.target}{carried}{asked} -showcerts </dev/null"


def carrier_options(handshake: Handshake) -> str:
    """Return what openssl s_client must be told where the server does not expect TLS over TCP from the first byte."""
    if handshake.flow.transport in CARRIERS:
        return CARRIERS[handshake.flow.transport]
    prelude = handshake.speech.prelude
    if prelude is None:
        return ""
    through_one = prelude.protocols[0] == "http_connect" and handshake.target != handshake.server
    proxy = f" -proxy {handshake.server}" if through_one else ""
    return proxy + (
        f" -starttls {STARTTLS[prelude.protocol]}" if prelude.protocol in STARTTLS else ""
    )


def _words(fault: Fault) -> Words:
    return WORDS.get(f"{fault.kind}.{fault.why}") or WORDS[fault.kind]


def _age_of_list(fault: Fault, shown: Shown) -> Text | None:
    """Say whether a revocation list was in force at the time of the capture."""
    revocation = fault.revocation
    if revocation is None:
        return None
    if revocation.this_update is not None and revocation.this_update > shown.at:
        return Text("The list was made after the capture; the client may have had an older one.")
    end = revocation.next_update
    if end is not None and end < shown.at:
        return Text(
            "The list was valid only until {end} UTC, before the capture.", end=_moment(end)
        )
    return None


@dataclass(frozen=True, slots=True)
class _Case:
    """A fault of a chain, and where it was seen."""

    fault: Fault
    shown: Shown
    handshake: Handshake
    side: Side


def _values(template: str, case: _Case) -> dict[str, object]:
    """Return what stands in the places of a template."""
    return {name: VALUES[name](case) for name in _names_in(template)}


@lru_cache(maxsize=1024)
def _names_in(template: str) -> tuple[str, ...]:
    """Return the names of the values that a template has places for."""
    return tuple({name for _, name, _, _ in Formatter().parse(template) if name})


def span_of(fault: Fault, shown: Shown) -> str:
    """Say how far the time of the capture is from the end that a fault is about."""
    if fault.kind not in ("expired", "not_yet_valid"):
        return "?"
    certificate = fault.certificate
    end = certificate.not_after if fault.kind == "expired" else certificate.not_before
    return "?" if end is None else duration(span_ns(shown.at - end))


VALUES: dict[str, Callable[[_Case], object]] = {
    "subject": lambda c: _name_of(c.fault.certificate),
    "leaf": lambda c: _name_of(c.shown.verdict.leaf),
    "issuer": lambda c: c.fault.certificate.issuer or "?",
    "top": lambda c: c.shown.verdict.top.subject or "?",
    "begin": lambda c: _day(c.fault.certificate.not_before),
    "detail": lambda c: c.fault.detail or "?",
    "allowed": lambda c: c.fault.allowed or "?",
    "need": lambda c: KEY_USAGES.get(c.fault.allowed, "?"),
    "span": lambda c: span_of(c.fault, c.shown),
    "name": lambda c: c.handshake.server_name or str(c.handshake.target),
    "ip": lambda c: c.handshake.target.ip,
    "owner": lambda c: c.handshake.target if c.side == "server" else c.handshake.client.ip,
    "judge": lambda c: c.handshake.client.ip if c.side == "server" else c.handshake.target,
    "usage": lambda c: "serverAuth" if c.side == "server" else "clientAuth",
    "reason": lambda c: (c.fault.revocation and c.fault.revocation.reason) or "unspecified",
    "by": lambda c: c.fault.revocation.by if c.fault.revocation else "?",
    "this_update": lambda c: _moment(
        c.fault.revocation.this_update if c.fault.revocation else None
    ),
    "listed": lambda c: _day(c.fault.former.listed if c.fault.former else None),
    "gone": lambda c: _day(c.fault.former.gone if c.fault.former else None),
    "end": lambda c: _moment(c.fault.former.not_after if c.fault.former else None),
}
"""What stands in the places of `WORDS`."""


def names_the_client(fault: Fault) -> bool:
    """Tell whether what is said of a fault of the server's chain names the client."""
    words = _words(fault)
    said = (
        (fault.position and words.authority_summary) or words.summary,
        (fault.position and words.authority_fix) or words.fix,
    )
    return any("judge" in _names_in(text) for text in said)


def _name_of(certificate: X509) -> str:
    return common_name(certificate.subject) or certificate.subject or "?"


def _day(time: datetime | None) -> str:
    return f"{time:%Y-%m-%d}" if time is not None else "?"


def _moment(time: datetime | None) -> str:
    return f"{time:%Y-%m-%d %H:%M}" if time is not None else "?"

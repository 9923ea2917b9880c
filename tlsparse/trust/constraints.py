"""What a certificate may be used for: for which purpose, as an authority or not, and for which names.

Each question is asked of `cryptography` by itself, since it refuses an odd extension, and a chain is full of faults
that have nothing to do with that one.

Source: RFC 5280 sections 4.2.1.3 (key usage), 4.2.1.9 (path length), 4.2.1.10 (name constraints), 4.2.1.12 (extended
key usage), 6.1 (validation); RFC 7633 (TLS feature).
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from tlsparse.language import Phrase
from tlsparse.tls.oids import oid_name
from tlsparse.tls.x509 import X509, refusals

if TYPE_CHECKING:
    from cryptography import x509

Purpose = Literal["server", "client"]

KeyUse = Literal["digital_signature", "key_encipherment"]
"""What a handshake does with the key of the leaf: it signs, or it decrypts the premaster secret (TLS_RSA_WITH_...)."""

KEY_USAGES = {
    "digital_signature": "digitalSignature",
    "content_commitment": "nonRepudiation",
    "key_encipherment": "keyEncipherment",
    "data_encipherment": "dataEncipherment",
    "key_agreement": "keyAgreement",
    "key_cert_sign": "keyCertSign",
    "crl_sign": "cRLSign",
}
"""How `cryptography` calls what RFC 5280 section 4.2.1.3 names."""

USAGES = {"server": ("serverAuth", "msSGC", "nsSGC"), "client": ("clientAuth",)}

UNDERSTOOD = {
    "2.5.29.15",  # keyUsage
    "2.5.29.17",  # subjectAltName
    "2.5.29.19",  # basicConstraints
    "2.5.29.30",  # nameConstraints
    "2.5.29.32",  # certificatePolicies
    "2.5.29.33",  # policyMappings
    "2.5.29.36",  # policyConstraints
    "2.5.29.37",  # extKeyUsage
    "2.5.29.54",  # inhibitAnyPolicy
    "1.3.6.1.5.5.7.1.24",  # TLS feature
}
"""Extensions that clients process, so that they may be critical."""

STATUS_REQUEST = 5


class Breach(NamedTuple):
    """A rule that a certificate breaks.

    `rule` is ``critical`` (an extension that nobody knows), ``no_authority``, ``pathlen``, ``key_usage``, ``permitted``
    or ``excluded`` (name constraints).
    """

    rule: str
    found: str = ""
    allowed: str = ""


def usage_fault(certificate: X509, purpose: Purpose) -> tuple[str, ...]:
    """Return what a certificate is for, if that is something else; empty if it may be used for `purpose`."""
    wanted = (*USAGES[purpose], "anyExtendedKeyUsage")
    if not certificate.ekus or any(usage in wanted for usage in certificate.ekus):
        return ()
    return certificate.ekus


def key_usage_fault(certificate: x509.Certificate, use: KeyUse) -> str | None:
    """Return what a key may be used for, if the handshake used it for something else (RFC 5246 section 7.4.2)."""
    usage = _extension(certificate, "KeyUsage")
    if usage is None or getattr(usage, use):
        return None
    names = ", ".join(camel for name, camel in KEY_USAGES.items() if getattr(usage, name))
    return names or Phrase("none")


def leaf_breaches(certificate: x509.Certificate) -> Iterator[Breach]:
    """Yield what makes a certificate unusable for anybody: critical extensions that nobody knows."""
    for extension in _extensions(certificate) or ():
        if extension.critical and extension.oid.dotted_string not in UNDERSTOOD:
            yield Breach("critical", oid_name(extension.oid.dotted_string))


def authority_breaches(certificate: x509.Certificate, below: int) -> Iterator[Breach]:
    """Yield why a certificate may not have issued what it did.

    Parameters
    ----------
    certificate
        The issuer.
    below
        Authorities between it and the leaf, those not counted that issued themselves.
    """
    if _extensions(certificate) is None:
        return  # `cryptography` is stricter than clients; what it refuses to read, they may find in order
    constraints = _extension(certificate, "BasicConstraints")
    if constraints is None or not constraints.ca:
        yield Breach("no_authority")
    elif constraints.path_length is not None and below > constraints.path_length:
        yield Breach("pathlen", str(below), str(constraints.path_length))
    usage = _extension(certificate, "KeyUsage")
    if usage is not None and not usage.key_cert_sign:
        yield Breach("key_usage")
    yield from leaf_breaches(certificate)


def name_breaches(issuer: x509.Certificate, names: tuple[str, ...]) -> Iterator[Breach]:
    """Yield the names of a leaf (``DNS:...``, ``IP:...``) that its issuer's name constraints forbid."""
    from cryptography import x509

    constraints = _extension(issuer, "NameConstraints")
    if constraints is None:
        return
    for name in names:
        kind, _, value = name.partition(":")
        wanted = {"DNS": x509.DNSName, "IP": x509.IPAddress}.get(kind)
        if wanted is None:
            continue
        permitted = [t.value for t in constraints.permitted_subtrees or () if isinstance(t, wanted)]
        excluded = [t.value for t in constraints.excluded_subtrees or () if isinstance(t, wanted)]
        if permitted and not any(_within(value, tree) for tree in permitted):
            yield Breach("permitted", value, ", ".join(map(str, permitted)))
        if any(_within(value, tree) for tree in excluded):
            yield Breach("excluded", value)


def must_staple(certificate: x509.Certificate) -> bool:
    """Tell whether a certificate demands a stapled OCSP response (TLS feature, RFC 7633)."""
    features = _extension(certificate, "TLSFeature")
    return features is not None and any(f.value == STATUS_REQUEST for f in features)


def _within(value: str, tree: Any) -> bool:
    """Tell whether a name lies in a subtree: a domain with all below it, or a network (RFC 5280 section 4.2.1.10)."""
    from ipaddress import ip_address

    if not isinstance(tree, str):
        try:
            return ip_address(value) in tree
        except ValueError:
            return False
    domain, value = tree.lower().lstrip("."), value.lower()
    return not domain or value == domain or value.endswith("." + domain)


def _extensions(certificate: x509.Certificate) -> x509.Extensions | None:
    """Return all extensions; None if they cannot be read."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return certificate.extensions
        except refusals():
            return None


def _extension(certificate: x509.Certificate, name: str) -> Any:
    """Return the value of an extension by the name of its class; None if there is none, or it cannot be read."""
    from cryptography import x509

    extensions = _extensions(certificate)
    if extensions is None:
        return None
    try:
        return extensions.get_extension_for_class(getattr(x509, name)).value
    except refusals():
        return None

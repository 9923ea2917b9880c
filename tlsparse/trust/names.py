"""Is the certificate for the name, or the address, that the client asked for?

Only subjectAltName counts. A certificate without one names its host in the common name, as was usual until about 2011;
most clients no longer look there, some still do. A wildcard stands for exactly one label, the leftmost, alone.

Source: RFC 9525 section 6 (obsoletes RFC 6125); RFC 5280 section 4.2.1.6; RFC 2818 section 3.1 for the common name.
"""

from __future__ import annotations

import re
from contextlib import suppress
from ipaddress import ip_address

from tlsparse.tls.x509 import X509


def is_for(certificate: X509, name: str) -> bool:
    """Tell whether a subjectAltName has a host name or an address."""
    address = _address(name)
    if address is not None:
        return any(
            san.startswith("IP:") and _address(san[3:]) == address for san in certificate.sans
        )
    return any(
        san.startswith("DNS:") and matches(san.removeprefix("DNS:"), name)
        for san in certificate.sans
    )


def has_names(certificate: X509) -> bool:
    """Tell whether a certificate has a host name or address in subjectAltName."""
    return any(san.startswith(("DNS:", "IP:")) for san in certificate.sans)


def matches(pattern: str, name: str) -> bool:
    """Compare a name of a certificate, perhaps with a wildcard, with the name that was asked for."""
    ours, asked = _labels(pattern), _labels(name)
    if ours[0] == "*":
        return len(ours) > 2 and ours[1:] == asked[1:] and bool(asked[0])
    return ours == asked


def common_name(subject: str | None) -> str | None:
    """Return the common name of a name as RFC 4514 writes it."""
    found = re.search(r"(?:^|[,+])CN=((?:\\.|[^,+\\])*)", subject or "")
    return re.sub(r"\\(.)", r"\1", found[1]) if found else None


def _labels(name: str) -> list[str]:
    """Split a name into labels, in lower case and as it goes over the wire (RFC 5891)."""
    name = name.removesuffix(".").lower()
    if not name.isascii():
        with suppress(UnicodeError):  # no name that could be in the DNS equals only itself
            name = name.encode("idna").decode("ascii")
    return name.split(".")


def _address(name: str) -> object:
    try:
        return ip_address(name.strip("[]"))
    except ValueError:
        return None

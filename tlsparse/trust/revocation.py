"""What a stapled OCSP response says of the certificate it came with.

The server fetches it and sends it along, so that the client need not ask. A response that says revoked, that has
expired, or that cannot be read is as good as none for a client that looks at it; one that is good proves nothing more.
The signature of the response is not checked: whoever sends a forged one only harms itself.

Source: RFC 6960 section 4.2; RFC 6066 section 8.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tlsparse.tls.x509 import refusals


@dataclass(frozen=True, slots=True)
class Staple:
    """A stapled response. None stands for what it does not say."""

    status: str  # good, revoked, unknown; unsuccessful or unreadable where there is no status
    this_update: datetime | None = None
    next_update: datetime | None = None
    revoked_at: datetime | None = None
    reason: str | None = None
    serial: int | None = None

    def expired(self, at: datetime) -> bool:
        """Tell whether it is too old at a time."""
        return self.next_update is not None and at > self.next_update


def read_staple(data: bytes) -> Staple:
    """Read an OCSP response in DER. Nothing is raised, whatever the bytes."""
    from cryptography.x509 import ocsp

    try:
        response = ocsp.load_der_ocsp_response(data)
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            return Staple("unsuccessful", reason=response.response_status.name.lower())
        first = next(iter(response.responses), None)
        if first is None:
            return Staple("unreadable")
        return Staple(
            first.certificate_status.name.lower(),
            first.this_update_utc,
            first.next_update_utc,
            first.revocation_time_utc,
            first.revocation_reason.value if first.revocation_reason else None,
            first.serial_number,
        )
    except refusals():
        return Staple("unreadable")

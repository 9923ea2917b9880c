"""Signed certificate timestamps: promises of a public log to show the certificate.

Source: RFC 6962 sections 3.2 and 3.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tlsparse.tls.codes import SignatureScheme
from tlsparse.tls.reader import Reader

V1 = 0
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_MS = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class SignedCertificateTimestamp:
    """One promise.

    `log_id` is the hex SHA-256 of the log's key, `timestamp_ms` counts from 1970 UTC.
    """

    version: int
    log_id: str
    timestamp_ms: int
    extensions: bytes
    signature_scheme: SignatureScheme
    signature: bytes

    @property
    def time(self) -> datetime | None:
        """When the log saw the certificate; None if that lies beyond the year 9999."""
        if self.timestamp_ms > _LAST_MS:
            return None
        return _EPOCH + timedelta(milliseconds=self.timestamp_ms)

    def __str__(self) -> str:
        when = self.time.strftime("%Y-%m-%dT%H:%M:%SZ") if self.time else f"{self.timestamp_ms} ms"
        return f"log {self.log_id:.16} at {when}"


def sct_list(body: Reader) -> tuple[SignedCertificateTimestamp | bytes, ...]:
    """Decode a SignedCertificateTimestampList; a timestamp of an unknown version stays bytes."""
    return body.vector(2, "sct_list").list(lambda r: _sct(r.vector(2, "serialized_sct")))


def _sct(body: Reader) -> SignedCertificateTimestamp | bytes:
    version = body.u8()
    if version != V1:
        return body.rest()
    sct = SignedCertificateTimestamp(
        version=version,
        log_id=body.opaque(32).hex(),
        timestamp_ms=body.u64(),
        extensions=body.vector(2, "extensions").rest(),
        signature_scheme=SignatureScheme(body.u16()),
        signature=body.vector(2, "signature").rest(),
    )
    body.finish()
    return sct

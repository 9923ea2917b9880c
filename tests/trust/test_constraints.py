"""What certificates and their authorities may be used for."""

from __future__ import annotations


def test_a_certificate_without_extensions_may_be_used_for_anything():
    """One of version 1; what cryptography returns of it is empty, and no extension."""
    from datetime import UTC, datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    from tlsparse.trust.constraints import key_usage_fault

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "old.test")])
    begin, end = datetime(2024, 1, 1, tzinfo=UTC), datetime(2034, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name)
    builder = builder.public_key(key.public_key()).serial_number(1)
    builder = builder.not_valid_before(begin).not_valid_after(end)

    assert None is key_usage_fault(builder.sign(key, hashes.SHA256()), "digital_signature")

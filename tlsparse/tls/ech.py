"""The encrypted_client_hello extension.

The ClientHello that is seen is the outer one; its extension carries the inner one, encrypted to a
key that the server published in the DNS. Without ECH a browser sends noise of the same shape, and
nobody can tell the two apart. A server that could not decrypt sends configurations to try again
with.

Source: RFC 9849 sections 4 and 5.
"""

from __future__ import annotations

from dataclasses import dataclass

from tlsparse.tls.codes import HpkeAead, HpkeKdf, HpkeKem
from tlsparse.tls.reader import Reader

OUTER, INNER = 0, 1
CONFIG_VERSION = 0xFE0D


@dataclass(frozen=True, slots=True)
class EchClientHello:
    """The extension of the outer ClientHello. Lengths are in bytes."""

    kdf: HpkeKdf
    aead: HpkeAead
    config_id: int
    enc_length: int
    payload_length: int

    def __str__(self) -> str:
        return (
            f"outer, {self.kdf}, {self.aead}, config {self.config_id}, "
            f"enc {self.enc_length} bytes, payload {self.payload_length} bytes"
        )


@dataclass(frozen=True, slots=True)
class EchConfig:
    """One configuration that the server offers.

    `public_name` is the name to put into the outer hello.
    """

    version: int
    config_id: int
    kem: HpkeKem
    cipher_suites: tuple[tuple[HpkeKdf, HpkeAead], ...]
    maximum_name_length: int
    public_name: str

    def __str__(self) -> str:
        return f"config {self.config_id} for {self.public_name}, {self.kem}"


def client_hello(body: Reader) -> EchClientHello | str:
    """Decode the extension of a ClientHello.

    The outer form, or ``inner`` for the mark of an inner one.
    """
    form = body.u8()
    if form == INNER:
        return "inner"
    if form != OUTER:
        body.fail(f"has an unknown form {form}")
    return EchClientHello(
        kdf=HpkeKdf(body.u16()),
        aead=HpkeAead(body.u16()),
        config_id=body.u8(),
        enc_length=len(body.vector(2, "enc").rest()),
        payload_length=len(body.vector(2, "payload").rest()),
    )


def retry_configs(body: Reader) -> tuple[EchConfig | bytes, ...]:
    """Decode the extension of EncryptedExtensions.

    A configuration of an unknown version stays bytes.
    """
    return body.vector(2, "retry_configs").list(_config)


def _config(body: Reader) -> EchConfig | bytes:
    version = body.u16()
    contents = body.vector(2, "contents")
    if version != CONFIG_VERSION:
        return contents.rest()
    config_id = contents.u8()
    kem = HpkeKem(contents.u16())
    contents.vector(2, "public_key").rest()
    config = EchConfig(
        version=version,
        config_id=config_id,
        kem=kem,
        cipher_suites=contents.vector(2, "cipher_suites").list(
            lambda r: (HpkeKdf(r.u16()), HpkeAead(r.u16()))
        ),
        maximum_name_length=contents.u8(),
        public_name=contents.vector(1, "public_name").text(),
    )
    contents.vector(2, "extensions").rest()
    contents.finish()
    return config


def confirmation(body: Reader) -> bytes:
    """Decode the extension of a HelloRetryRequest: eight bytes that only the client can check."""
    return body.opaque(8)

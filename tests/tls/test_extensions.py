from __future__ import annotations

import pytest

from tlsparse.errors import DecodeError
from tlsparse.tls.codes import ExtensionType
from tlsparse.tls.extensions import _REGISTER, Extension, decode_extensions
from tlsparse.tls.reader import Reader


def extension_of(code: int, message: str, data: bytes) -> Extension:
    header = code.to_bytes(2, "big") + len(data).to_bytes(2, "big")
    (extension,) = decode_extensions(Reader(header + data), message)
    return extension


# Extension, message, bytes, and the text of the value. One line for each form of each extension.
FORMS = [
    ("server_name", "client_hello", "0004 00 0001 61", "a"),
    ("server_name", "client_hello", "0004 07 0001 61", "61"),
    ("server_name", "server_hello", "", "yes"),
    ("server_name", "encrypted_extensions", "", "yes"),
    ("max_fragment_length", "client_hello", "02", "2^10"),
    ("client_certificate_url", "client_hello", "", "yes"),
    ("trusted_ca_keys", "client_hello", "0001 00", "pre_agreed"),
    ("trusted_ca_keys", "client_hello", "0015 01" + "ab" * 20, "key_sha1_hash:" + "ab" * 20),
    ("trusted_ca_keys", "client_hello", "0005 02 0002 3000", ""),
    ("trusted_ca_keys", "server_hello", "", "yes"),
    ("truncated_hmac", "client_hello", "", "yes"),
    ("status_request", "client_hello", "01 0000 0000", "ocsp"),
    ("status_request", "client_hello", "63 aabb", "unknown_0x63"),
    ("status_request", "server_hello", "", "yes"),
    ("status_request", "certificate", "01 000003 300100", "ocsp (3 bytes)"),
    ("user_mapping", "client_hello", "01 40", "upn_domain_hint"),
    ("client_authz", "client_hello", "01 00", "x509_attr_cert"),
    ("server_authz", "client_hello", "01 01", "saml_assertion"),
    ("cert_type", "client_hello", "02 00 01", "X509, OpenPGP"),
    ("cert_type", "server_hello", "01", "OpenPGP"),
    ("supported_groups", "client_hello", "0004 001d 2a2a", "x25519, grease_0x2a2a"),
    ("ec_point_formats", "client_hello", "01 00", "uncompressed"),
    ("srp", "client_hello", "03 626f62", "bob"),
    (
        "signature_algorithms",
        "client_hello",
        "0004 0403 0301",
        "ecdsa_secp256r1_sha256, rsa_pkcs1_sha224",
    ),
    ("use_srtp", "client_hello", "0002 0001 00", "SRTP_AES128_CM_HMAC_SHA1_80"),
    ("heartbeat", "client_hello", "01", "peer_allowed_to_send"),
    ("application_layer_protocol_negotiation", "client_hello", "0003 02 6832", "h2"),
    ("application_layer_protocol_negotiation", "client_hello", "0003 02 baad", r"\xba\xad"),
    ("status_request_v2", "client_hello", "0007 02 0004 0000 0000", "ocsp_multi"),
    ("status_request_v2", "server_hello", "", "yes"),
    ("signed_certificate_timestamp", "client_hello", "", "yes"),
    (
        "signed_certificate_timestamp",
        "server_hello",
        "0032 0030 00"  # version 1
        + "a1" * 32  # log id
        + "0000018bcfe56800 0000"  # 14 November 2023, no extensions
        + "0403 0001 5a",  # signature
        "log a1a1a1a1a1a1a1a1 at 2023-11-14T22:13:20Z",
    ),
    ("signed_certificate_timestamp", "certificate", "0005 0003 07aabb", "aabb"),
    ("client_certificate_type", "client_hello", "02 02 00", "RawPublicKey, X509"),
    ("client_certificate_type", "encrypted_extensions", "02", "RawPublicKey"),
    ("server_certificate_type", "client_hello", "01 02", "RawPublicKey"),
    ("server_certificate_type", "server_hello", "00", "X509"),
    ("padding", "client_hello", "000000", "3"),
    ("encrypt_then_mac", "client_hello", "", "yes"),
    ("extended_master_secret", "server_hello", "", "yes"),
    ("token_binding", "client_hello", "01 00 02 02 01", "1.0, ecdsap256, rsa2048_pss"),
    ("cached_info", "client_hello", "0004 01 02 aabb", "cert, aabb"),
    ("cached_info", "server_hello", "0001 02", "cert_req"),
    ("compress_certificate", "client_hello", "04 0002 0001", "brotli, zlib"),
    ("record_size_limit", "client_hello", "4001", "16385"),
    ("pwd_protect", "client_hello", "02 aabb", "aabb"),
    ("pwd_clear", "client_hello", "02 aabb", "aabb"),
    ("password_salt", "server_hello", "0002 aabb", "aabb"),
    ("tls_cert_with_extern_psk", "client_hello", "", "yes"),
    ("delegated_credential", "client_hello", "0002 0403", "ecdsa_secp256r1_sha256"),
    (
        "delegated_credential",
        "certificate",
        "00093a80 0403 000002 3000 0804 0001 aa",
        "ecdsa_secp256r1_sha256, valid 604800 s",
    ),
    ("session_ticket", "client_hello", "cafe", "cafe"),
    ("session_ticket", "server_hello", "", ""),
    (
        "key_share",
        "client_hello",
        "0009 001d 0001 aa 0017 0000",
        "x25519 (1 bytes), secp256r1 (0 bytes)",
    ),
    ("key_share", "server_hello", "11ec 0002 aabb", "X25519MLKEM768 (2 bytes)"),
    ("key_share", "hello_retry_request", "0018", "secp384r1"),
    ("key_share_old", "client_hello", "0005 001d 0001 aa", "x25519 (1 bytes)"),
    ("key_share_old", "server_hello", "001d 0001 aa", "x25519 (1 bytes)"),
    ("key_share_old", "hello_retry_request", "001d", "x25519"),
    (
        "pre_shared_key",
        "client_hello",
        "0008 0002 abcd 00000007 0003 02 eeee",
        "identities: 2 bytes",
    ),
    ("pre_shared_key", "server_hello", "0001", "1"),
    ("early_data", "client_hello", "", "yes"),
    ("early_data", "encrypted_extensions", "", "yes"),
    ("early_data", "new_session_ticket", "00004000", "16384"),
    ("supported_versions", "client_hello", "06 0304 0303 fafa", "TLS 1.3, TLS 1.2, grease_0xfafa"),
    ("supported_versions", "server_hello", "0304", "TLS 1.3"),
    ("supported_versions", "hello_retry_request", "7f1c", "TLS 1.3 (draft 28)"),
    ("cookie", "hello_retry_request", "0002 aabb", "aabb"),
    ("psk_key_exchange_modes", "client_hello", "02 01 0b", "psk_dhe_ke, grease_0x0b"),
    ("ticket_early_data_info", "new_session_ticket", "00000010", "16"),
    (
        "certificate_authorities",
        "certificate_request",
        "0016 0010 300e 310c 300a 06 03 55 04 03 0c 03 52 6f 74 0002 3000",
        "CN=Rot, ",
    ),
    ("certificate_authorities", "certificate_request", "0004 0002 3001", "#3001"),
    ("oid_filters", "certificate_request", "0009 05 06 03 55 1d 25 0001 30", "2.5.29.37, 30"),
    ("post_handshake_auth", "client_hello", "", "yes"),
    ("signature_algorithms_cert", "client_hello", "0002 0804", "rsa_pss_rsae_sha256"),
    ("connection_id", "client_hello", "02 aabb", "aabb"),
    ("external_id_hash", "client_hello", "02 aabb", "aabb"),
    ("external_session_id", "client_hello", "02 aabb", "aabb"),
    (
        "quic_transport_parameters",
        "client_hello",
        "01 02 67d0  0f 02 abcd  1b 00  11 08 00000001 6b3343cf",
        "max_idle_timeout=10192, initial_source_connection_id=abcd, grease_0x1b, "
        "version_information=0x00000001, 0x6b3343cf",
    ),
    ("ticket_request", "client_hello", "02 01", "2, 1"),
    ("ticket_request", "encrypted_extensions", "02", "2"),
    ("dnssec_chain", "client_hello", "01bb", "443"),
    ("rrc", "client_hello", "", "yes"),
    ("tls_flags", "client_hello", "02 01 80", "0, 15"),
    ("next_protocol_negotiation", "client_hello", "", "yes"),
    ("next_protocol_negotiation", "server_hello", "02 6832 06 737064792f33", "h2, spdy/3"),
    ("application_settings", "client_hello", "0003 02 6832", "h2"),
    ("application_settings_old", "client_hello", "0003 02 6832", "h2"),
    ("channel_id", "client_hello", "", "yes"),
    ("trust_anchors", "client_hello", "0004 03 81fd59", "32473"),
    ("ech_outer_extensions", "client_hello", "04 000a 0033", "supported_groups, key_share"),
    (
        "encrypted_client_hello",
        "client_hello",
        "00 0001 0001 2a 0002 aabb 0003 ccddee",
        "outer, HKDF-SHA256, AES-128-GCM, config 42, enc 2 bytes, payload 3 bytes",
    ),
    ("encrypted_client_hello", "client_hello", "01", "inner"),
    (
        "encrypted_client_hello",
        "encrypted_extensions",
        "0015 fe0d 0011 07 0020 0001 aa 0004 00010003 00 01 61 0000",
        "config 7 for a, DHKEM(X25519, HKDF-SHA256)",
    ),
    ("encrypted_client_hello", "encrypted_extensions", "0006 fe0a 0002 aabb", "aabb"),
    ("encrypted_client_hello", "hello_retry_request", "0102030405060708", "0102030405060708"),
    ("renegotiation_info", "client_hello", "00", ""),
]


@pytest.mark.parametrize("name, message, data, text", FORMS)
def test_each_form_has_a_readable_value(name, message, data, text):
    extension = extension_of(getattr(ExtensionType, name), message, bytes.fromhex(data))

    assert extension.error is None
    assert extension.value is not None
    assert text == str(extension)


# What ends with all that is left cannot be too short.
OPEN = {"padding", "session_ticket", "next_protocol_negotiation", "quic_transport_parameters"}


@pytest.mark.parametrize(
    "name, message, data",
    [form[:3] for form in FORMS if form[0] not in OPEN and form[3] != "unknown_0x63"],
)
def test_an_extension_cut_short_or_too_long_says_its_error_and_keeps_its_bytes(name, message, data):
    code, whole = getattr(ExtensionType, name), bytes.fromhex(data)

    for part in [whole[:length] for length in range(len(whole))] + [whole + b"\x00"]:
        extension = extension_of(code, message, part)
        assert extension.error is not None
        assert extension.error.startswith(name)
        assert extension.value is None
        assert part == extension.data


@pytest.mark.parametrize("name", ["session_ticket", "padding"])
def test_what_has_no_length_of_its_own_is_never_wrong(name):
    assert extension_of(getattr(ExtensionType, name), "client_hello", bytes(7)).error is None


@pytest.mark.parametrize("code", [0x2A2A, 0x1399, 0x001A])
def test_an_extension_that_is_not_known_keeps_its_bytes(code):
    extension = extension_of(code, "client_hello", b"\xab\xcd")

    assert (code, b"\xab\xcd", None, None) == (
        extension.type,
        extension.data,
        extension.value,
        extension.error,
    )
    assert "abcd" == str(extension)


def test_an_extension_longer_than_its_block_is_an_error_of_the_block():
    with pytest.raises(DecodeError, match="needs 5 bytes, has 1"):
        decode_extensions(Reader(bytes.fromhex("002a 0005 00")), "client_hello")


def test_an_error_is_shown_beside_the_bytes():
    extension = extension_of(ExtensionType.record_size_limit, "client_hello", b"\x40")

    assert "40 (record_size_limit: needs 2 bytes, has 1 at byte 0)" == str(extension)


def test_each_line_of_the_register_has_an_example():
    shown = {(getattr(ExtensionType, name), message) for name, message, _, _ in FORMS}
    lines = {(kind, messages) for kind, messages, _ in _REGISTER}

    unseen = {
        str(kind)
        for kind, messages in lines
        if not any((kind, message) in shown for message in messages)
    }
    # The same decoder as the newer code point beside them.
    assert {
        "padding_old",
        "connection_id_deprecated",
        "quic_transport_parameters_draft",
        "channel_id_old",
    } == unseen


def test_the_same_bytes_are_decoded_once():
    first = extension_of(ExtensionType.supported_groups, "client_hello", b"\x00\x02\x00\x1d")
    again = extension_of(ExtensionType.supported_groups, "client_hello", b"\x00\x02\x00\x1d")

    assert first is again


def test_the_same_bytes_mean_another_thing_in_another_message():
    assert "TLS 1.3" == str(extension_of(ExtensionType.supported_versions, "server_hello", b"\3\4"))
    assert extension_of(ExtensionType.supported_versions, "client_hello", b"\3\4").error

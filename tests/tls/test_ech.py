from __future__ import annotations

import pytest

from tlsparse.errors import DecodeError
from tlsparse.tls import ech
from tlsparse.tls.reader import Reader

OUTER = """
    00                                        # outer
    00 01  00 03                              # HKDF-SHA256, ChaCha20Poly1305
    2a                                        # config_id
    00 02 e1 e2                               # enc
    00 04 d1 d2 d3 d4                         # payload
"""
RETRY_CONFIGS = """
    00 1f
    fe 0d 00 15                               # version, length
    07  00 20  00 02 aa bb                    # config_id, DHKEM(X25519, HKDF-SHA256), public_key
    00 04  00 01 00 03                        # cipher_suites
    40  04 65 2e 65 65                        # maximum_name_length, public_name: e.ee
    00 00                                     # extensions
    ff 99 00 02 ca fe                         # a version of the future
"""


def test_the_outer_hello_tells_the_key_and_the_sizes(wire):
    hello = ech.client_hello(Reader(wire(OUTER)))

    assert ("HKDF-SHA256", "ChaCha20Poly1305") == (str(hello.kdf), str(hello.aead))
    assert (42, 2, 4) == (hello.config_id, hello.enc_length, hello.payload_length)


def test_a_form_that_is_neither_outer_nor_inner_is_an_error():
    with pytest.raises(DecodeError, match="unknown form 2"):
        ech.client_hello(Reader(b"\x02"))


def test_configurations_of_an_unknown_version_stay_bytes(wire):
    body = Reader(wire(RETRY_CONFIGS))
    config, unknown = ech.retry_configs(body)

    body.finish()
    assert ("e.ee", 7, 64) == (config.public_name, config.config_id, config.maximum_name_length)
    assert [("HKDF-SHA256", "ChaCha20Poly1305")] == [
        tuple(map(str, s)) for s in config.cipher_suites
    ]
    assert b"\xca\xfe" == unknown

"""Names of object identifiers: algorithms, curves, uses of keys, and an extension.

They are data, like the registries of code points: ``registries/object_identifiers.csv``, with the
names that the standards which define them use.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from tlsparse.tls.registries import read_registry


@cache
def _names() -> Mapping[str, str]:
    return read_registry("object_identifiers")


def oid_name(oid: str) -> str:
    """Return the name of an object identifier, or its dotted numbers if it has none."""
    return _names().get(oid, oid)


# Kinds of keys, where they are called otherwise than their algorithm.
_KEY_TYPES = {
    "rsaEncryption": "RSA",
    "RSASSA-PSS": "RSA",
    "ecPublicKey": "EC",
    "dsa": "DSA",
    "dhpublicnumber": "DH",
    "ed25519": "Ed25519",
    "ed448": "Ed448",
}


def key_type(oid: str) -> str:
    """Return the kind of key that an algorithm has: ``RSA``, ``EC``, ``Ed25519``."""
    name = oid_name(oid)
    return _KEY_TYPES.get(name, name)

from __future__ import annotations

import pytest

from tlsparse.tls import codes
from tlsparse.tls.codes import ProtocolVersion
from tlsparse.tls.context import Context


def test_without_a_version_bodies_have_the_form_of_tls_12():
    assert not Context().is_tls13
    assert Context().signs_with_scheme


@pytest.mark.parametrize(
    "version, tls13, datagram, scheme",
    [
        (codes.SSL_3_0, False, False, False),
        (codes.TLS_1_1, False, False, False),
        (codes.TLS_1_2, False, False, True),
        (codes.TLS_1_3, True, False, True),
        (ProtocolVersion(0x7F17), True, False, True),
        (codes.DTLS_1_0, False, True, False),
        (codes.DTLS_1_2, False, True, True),
        (codes.DTLS_1_3, True, True, True),
    ],
)
def test_the_version_tells_the_form(version, tls13, datagram, scheme):
    context = Context(version)

    assert (tls13, datagram, scheme) == (
        context.is_tls13,
        context.is_datagram,
        context.signs_with_scheme,
    )

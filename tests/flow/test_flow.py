"""What a flow says of itself."""

from __future__ import annotations

from ipaddress import IPv6Address

from hypothesis import given
from hypothesis import strategies as st

from tlsparse.flow.flow import Endpoint, address_text
from tlsparse.net.words import IPV4_MAPPED, i64


def test_endpoint_of_ipv4_is_written_with_a_colon():
    assert "192.0.2.1:443" == str(Endpoint("192.0.2.1", 443))


def test_endpoint_of_ipv6_has_its_address_in_brackets():
    assert "[2001:db8::1]:443" == str(Endpoint("2001:db8::1", 443))


def test_a_mapped_address_is_written_as_ipv4():
    assert "192.0.2.1" == address_text(0, IPV4_MAPPED | 0xC0000201)


@given(st.binary(min_size=16, max_size=16))
def test_an_address_of_two_signed_words_is_the_address_of_its_bytes(packed):
    address = IPv6Address(packed)
    text = address_text(i64(packed, 0), i64(packed, 8))

    assert str(address.ipv4_mapped or address) == text

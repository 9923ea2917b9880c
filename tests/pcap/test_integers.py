"""Integers as kernels read them."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsparse.pcap.integers import u16, u32


@pytest.mark.parametrize(("big", "order"), [(True, ">"), (False, "<")])
@given(data=st.binary(min_size=6, max_size=6))
def test_integers_agree_with_struct(data, big, order):
    assert struct.unpack(order + "HI", data) == (u16(data, 0, big), u32(data, 2, big))

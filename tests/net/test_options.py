from __future__ import annotations

import pytest

from tlsparse.net.options import MAXIMUM_SEGMENT_SIZE, TIMESTAMPS, read_options

SYN_OF_LINUX = "02 04 05 b4  04 02  08 0a 00 00 00 01 00 00 00 00  01  03 03 07"


def test_options_come_with_their_values(wire):
    options = dict(read_options(wire(SYN_OF_LINUX)))

    assert bytes([0x05, 0xB4]) == options[MAXIMUM_SEGMENT_SIZE]
    assert 8 == len(options[TIMESTAMPS])
    assert {2, 3, 4, 8} == set(options)


def test_nothing_follows_the_end_of_the_list(wire):
    assert [(2, b"\x05\xb4")] == list(read_options(wire("02 04 05 b4  00  08 02 00")))


@pytest.mark.parametrize("data", ["02", "02 00", "02 01", "02 04 05", "01 01 08 0a 00"])
def test_an_option_that_is_cut_or_contradicts_itself_ends_the_list(wire, data):
    assert [] == list(read_options(wire(data)))

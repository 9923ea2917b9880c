from __future__ import annotations

import pytest

from tlsparse.errors import DecodeError
from tlsparse.tls.quic_parameters import transport_parameters, variable_integer
from tlsparse.tls.reader import Reader


@pytest.mark.parametrize(
    "data, value",
    [
        # The examples of RFC 9000 appendix A.1.
        ("c2 19 7c 5e ff 14 e8 8c", 151_288_809_941_952_652),
        ("9d 7f 3e 7d", 494_878_333),
        ("7b bd", 15_293),
        ("25", 37),
        ("40 25", 37),
    ],
)
def test_the_first_two_bits_tell_the_length(data, value):
    body = Reader(bytes.fromhex(data))

    assert value == variable_integer(body)
    body.finish()


def test_parameters_keep_their_order_and_their_bytes():
    body = Reader(bytes.fromhex("04 04 80100000  0c 00  7129 02 6869  15 01 aa"))

    assert [
        "initial_max_data=1048576",
        "disable_active_migration",
        "user_agent=hi",
        "unknown_0x15=aa",
    ] == list(map(str, transport_parameters(body)))


def test_a_number_that_does_not_fill_its_value_stays_bytes():
    (parameter,) = transport_parameters(Reader(bytes.fromhex("01 02 25 25")))

    assert b"\x25\x25" == parameter.value


def test_a_parameter_longer_than_the_rest_is_an_error():
    with pytest.raises(DecodeError, match="max_idle_timeout: needs 5 bytes, has 1"):
        transport_parameters(Reader(bytes.fromhex("01 05 25"), "quic_transport_parameters"))

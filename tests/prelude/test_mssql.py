"""[MS-TDS] section 2.2.6.5."""

from __future__ import annotations

import pytest

CLIENT = (
    "C: 12 01 00 0f 00 00 00 00  01 00 06 00 01 ff  {:02x}  # PRELOGIN: ENCRYPTION at 6, one byte\n"
)
SERVER = "S: 04 01 00 0f 00 00 00 00  01 00 06 00 01 ff  {:02x}\n"
LOGIN = "C: 10 01 00 08 00 00 00 00  # LOGIN7\n"

OFF, ON, NOT_SUP, REQ = range(4)


@pytest.mark.parametrize(
    ("wanted", "answered"), [(OFF, OFF), (OFF, ON), (ON, ON), (ON, REQ), (OFF, REQ)]
)
def test_all_but_not_supported_lead_to_tls(sent, wanted, answered):
    prelude = sent(CLIENT.format(wanted) + SERVER.format(answered))

    assert "mssql" == prelude.protocol
    assert (4, 5) == (prelude.asked.packet, prelude.granted.packet)
    assert prelude.refused is None


def test_a_client_that_insists_is_refused(sent):
    prelude = sent(CLIENT.format(ON) + SERVER.format(NOT_SUP))

    assert ("refused", "ENCRYPT_NOT_SUP") == (prelude.refused.kind, prelude.refused.code)
    assert prelude.granted is None


def test_a_client_that_does_not_insist_goes_on_without(sent):
    prelude = sent(CLIENT.format(OFF) + SERVER.format(NOT_SUP) + LOGIN)

    assert prelude.refused is None
    assert prelude.went_on


def test_a_client_without_encryption_asks_for_none(sent):
    prelude = sent(CLIENT.format(NOT_SUP) + SERVER.format(NOT_SUP) + LOGIN)

    assert prelude.asked is None
    assert prelude.refused is None


def test_an_option_outside_of_the_packet_is_passed_over(sent):
    assert sent("C: 12 01 00 0e 00 00 00 00  01 00 60 00 01 ff") is None

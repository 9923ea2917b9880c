"""RFC 4511 section 4.14."""

from __future__ import annotations

START_TLS = """
    C: 30 1d  02 01 01  77 18  80 16 31 2e 33 2e 36 2e 31 2e 34 2e 31 2e 31 34 36 36 2e 32 30 30 33 37  # requestName
"""
GRANTED = "S: 30 0c  02 01 01  78 07  0a 01 00  04 00  04 00  # success"
UNAVAILABLE = "S: 30 10  02 01 01  78 0b  0a 01 34  04 00  04 04 6e 6f 70 65  # unavailable: nope"
BIND = "C: 30 0c  02 01 02  60 07  02 01 03  04 00  80 00  # bindRequest, anonymous"
UNBIND = "C: 30 05  02 01 02  42 00  # unbindRequest"


def test_start_tls_is_granted_by_success(sent):
    prelude = sent(START_TLS + GRANTED)

    assert "ldap" == prelude.protocol
    assert (4, 5) == (prelude.asked.packet, prelude.granted.packet)


def test_any_other_result_is_a_refusal(sent):
    prelude = sent(START_TLS + UNAVAILABLE + "\n" + UNBIND)

    assert ("refused", "52", "unavailable: nope") == (
        prelude.refused.kind,
        prelude.refused.code,
        prelude.refused.words,
    )
    assert not prelude.went_on


def test_a_client_may_go_on_after_a_refusal(sent):
    assert sent(START_TLS + UNAVAILABLE + "\n" + BIND).went_on


def test_a_bind_asks_for_no_tls(sent):
    prelude = sent(BIND + "\nS: 30 0c 02 01 02 61 07 0a 01 00 04 00 04 00  # bindResponse")

    assert ("ldap", None, None) == (prelude.protocol, prelude.asked, prelude.refused)
    assert prelude.went_on


def test_a_result_that_cannot_be_read_grants_nothing(sent):
    prelude = sent(START_TLS + "S: 30 05  02 01 01  78 00")

    assert prelude.granted is None
    assert "-1" == prelude.refused.code


def test_another_sequence_is_no_ldap(sent):
    assert sent("C: 30 05  02 01 01  04 00") is None

"""[MS-RDPBCGR] sections 2.2.1.1 and 2.2.1.2."""

from __future__ import annotations

REQUEST = "C: 03 00 00 13  0e e0 00 00 00 00 00  01 00 08 00  {} 00 00 00\n"
RESPONSE = "S: 03 00 00 13  0e d0 00 00 12 34 00  02 00 08 00  {} 00 00 00\n"
FAILURE = "S: 03 00 00 13  0e d0 00 00 12 34 00  03 00 08 00  {} 00 00 00\n"
CONFIRM = "S: 03 00 00 0b  06 d0 00 00 12 34 00  # a server that does not negotiate\n"
CONNECT = "C: 03 00 00 0c  02 f0 80 7f 65 82 01 94  # MCS Connect Initial\n"


def test_a_kind_of_security_that_is_tls_is_granted(sent):
    prelude = sent(REQUEST.format("0b") + RESPONSE.format("02"))

    assert ("rdp", "SSL+HYBRID+HYBRID_EX") == (prelude.protocol, prelude.request)
    assert (4, 5) == (prelude.asked.packet, prelude.granted.packet)


def test_a_cookie_may_stand_before_the_request(sent):
    cookie = b"Cookie: mstshash=a\r\n".hex()

    prelude = sent(f"C: 03 00 00 27  22 e0 00 00 00 00 00  {cookie}  01 00 08 00 01 00 00 00")

    assert "SSL" == prelude.request


def test_a_failure_is_named(sent):
    refused = sent(REQUEST.format("01") + FAILURE.format("05")).refused

    assert ("refused", "5", "HYBRID_REQUIRED_BY_SERVER") == (
        refused.kind,
        refused.code,
        refused.words,
    )


def test_the_old_security_is_a_refusal_of_tls(sent):
    for answer in (RESPONSE.format("00"), CONFIRM):
        prelude = sent(REQUEST.format("01") + answer + CONNECT)

        assert prelude.refused.words.startswith("PROTOCOL_RDP")
        assert prelude.went_on


def test_a_client_that_wants_the_old_security_is_refused_nothing(sent):
    prelude = sent(REQUEST.format("00") + RESPONSE.format("00") + CONNECT)

    assert prelude.asked is None
    assert prelude.refused is None


def test_other_users_of_tpkt_are_no_rdp(sent):
    assert (
        sent("C: 03 00 00 16  11 e0 00 00 00 01 00 c0 01 0a c1 02 01 00 c2 02 01 02  # S7") is None
    )

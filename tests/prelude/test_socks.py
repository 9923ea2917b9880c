"""RFC 1928, RFC 1929, and SOCKS 4 and 4A."""

from __future__ import annotations

CONNECT_4 = "C: 04 01  01 bb  c0 00 02 01  6d 65 00  # 192.0.2.1:443, user me\n"
CONNECT_4A = "C: 04 01  01 bb  00 00 00 01  00  77 77 77 2e 74 00  # www.t\n"
METHODS = "C: 05  02  00 02  # no authentication, user and password\n"
CONNECT_5 = "C: 05 01 00  03 05 77 77 77 2e 74  01 bb  # www.t:443\n"
GRANTED_5 = "S: 05 00 00  01 00 00 00 00  00 00\n"


def test_socks_4_is_granted(sent):
    prelude = sent(CONNECT_4 + "S: 00 5a 00 00 00 00 00 00")

    assert ("socks", "4", "192.0.2.1:443") == (prelude.protocol, prelude.variant, prelude.target)
    assert 5 == prelude.granted.packet
    assert (11, 8) == prelude.opened


def test_socks_4a_has_the_name_of_its_target(sent):
    prelude = sent(CONNECT_4A + "S: 00 5b 00 00 00 00 00 00")

    assert ("4a", "www.t:443") == (prelude.variant, prelude.target)
    assert ("91", "request rejected or failed") == (prelude.refused.code, prelude.refused.words)


def test_socks_5_is_granted(sent):
    prelude = sent(METHODS + "S: 05 00\n" + CONNECT_5 + GRANTED_5)

    assert ("5", "www.t:443") == (prelude.variant, prelude.target)
    assert (6, 7) == (prelude.asked.packet, prelude.granted.packet)
    assert (16, 12) == prelude.opened


def test_a_password_is_passed_over_and_not_kept_as_text(sent):
    prelude = sent(
        METHODS
        + "S: 05 02\n"
        + "C: 01 02 6d 65 03 70 77 64\n"
        + "S: 01 00\n"
        + CONNECT_5
        + GRANTED_5
    )

    assert prelude.granted
    assert "pwd" not in prelude.request


def test_a_wrong_password_is_a_refusal(sent):
    refused = sent(METHODS + "S: 05 02\n" + "C: 01 02 6d 65 03 70 77 64\n" + "S: 01 01\n").refused

    assert ("1", "user or password rejected") == (refused.code, refused.words)


def test_no_acceptable_method_is_a_refusal(sent):
    refused = sent(METHODS + "S: 05 ff").refused

    assert ("255", "no acceptable method") == (refused.code, refused.words)


def test_a_reply_that_is_not_zero_is_a_refusal(sent):
    prelude = sent(METHODS + "S: 05 00\n" + CONNECT_5 + "S: 05 05 00  01 00 00 00 00  00 00\n")

    assert ("5", "connection refused") == (prelude.refused.code, prelude.refused.words)
    assert prelude.opened is None


def test_a_target_may_have_an_address_of_either_family(sent):
    for address, target in (
        ("01 c0 00 02 01", "192.0.2.1:443"),
        ("04 20 01 0d b8" + " 00" * 11 + " 01", "[2001:db8::1]:443"),
    ):
        assert target == sent(METHODS + f"S: 05 00\n C: 05 01 00 {address} 01 bb").target


def test_dnp3_is_no_socks_though_it_begins_with_5(sent):
    assert sent("C: 05 64 05 c0 01 00 00 04 e9 21\n S: 05 64 05 00 00 04 01 00 16 bf") is None


def test_dce_rpc_is_no_socks_though_it_begins_with_5(sent):
    assert sent("C: 05 00 0b 03 10 00 00 00 48 00 00 00\n S: 05 00 0c 03 10 00 00 00") is None

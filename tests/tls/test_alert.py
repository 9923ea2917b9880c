from __future__ import annotations

from tlsparse.tls.alert import decode_alert


def test_alert_has_a_level_and_a_description():
    alert = decode_alert(bytes.fromhex("02 28"))

    assert ("fatal", "handshake_failure") == (str(alert.level), str(alert.description))
    assert "fatal handshake_failure" == str(alert)


def test_unknown_values_are_kept():
    assert "unknown_0x03 unknown_0xff" == str(decode_alert(bytes.fromhex("03 ff")))


def test_alert_is_two_bytes_and_nothing_else(decodes_only_whole):
    decodes_only_whole(decode_alert, bytes.fromhex("01 00"))

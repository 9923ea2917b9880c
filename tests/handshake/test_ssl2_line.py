"""A handshake of SSL 2.0, from both streams to one line, and how it ends."""

from __future__ import annotations

import pytest

CONNECTION_ID = "c0" * 16

CLIENT_HELLO = (
    "801f"  # a record of 31 bytes
    "01 0002 0006 0000 0010"  # CLIENT-HELLO, SSL 2.0; lengths of specs, session id, challenge
    "010080 0700c0" + "ab" * 16  # RC4, 3DES  # challenge
).replace(" ", "")

SERVER_HELLO = (
    "8021"  # a record of 33 bytes
    "04 00 01 0002 0003 0003 0010"  # SERVER-HELLO, no hit, X.509, SSL 2.0; lengths
    "300100 010080" + CONNECTION_ID  # certificate; RC4; connection id
).replace(" ", "")

SERVER_HELLO_HIT = ("801b 04 01 00 0002 0000 0000 0010" + CONNECTION_ID).replace(" ", "")

CLIENT_MASTER_KEY = "800e 02 010080 0000 0004 0000 e0e1e2e3".replace(" ", "")

ERROR = "8003 00 0001".replace(" ", "")  # NO-CIPHER-ERROR


def hidden(length: int, padding: int = 0) -> str:
    """Make a record under the keys."""
    if not padding:
        return (0x8000 | length).to_bytes(2, "big").hex() + "d5" * length
    whole = length + padding
    return whole.to_bytes(2, "big").hex() + f"{padding:02x}" + "d5" * whole


FINISHED, REQUEST = hidden(33), hidden(34)

OPENING = f"""
    C hex:{CLIENT_HELLO}
    S hex:{SERVER_HELLO}
"""

FULL = f"""{OPENING}
    C hex:{CLIENT_MASTER_KEY} hex:{FINISHED}
    S hex:{FINISHED}
    S hex:{FINISHED}
    C hex:{hidden(60)}
    S hex:{hidden(600)}
"""


def said(handshake) -> list[str]:
    """Write who said what, and what a message under the keys is."""
    return [
        f"{e.sender[0]} {e.meaning or e.name}" for e in handshake.events if e.kind != "transport"
    ]


def test_a_full_handshake_completes(handshake):
    done = handshake(FULL)

    assert [
        "c client_hello",
        "s server_hello",
        "c client_master_key",
        "c client_finished",
        "s server_verify",
        "s server_finished",
        "c application_data",
        "s application_data",
    ] == said(done)
    assert ("completed", "application_data") == (done.outcome, done.step)
    assert "SSL 2.0" == str(done.version)
    assert "SSL_CK_RC4_128_WITH_MD5" == str(done.cipher_suite)
    assert {"server": (bytes.fromhex("300100"),)} == done.certificates
    assert False is done.resumed
    assert "CsGZzzDd" == done.story
    assert not done.line.troubles


def test_what_is_under_the_keys_is_encrypted(handshake):
    messages = [e for e in handshake(FULL).events if e.kind == "message"]

    assert ["encrypted"] * 3 == [e.name for e in messages if e.encrypted]
    assert [31, 33, 14, 33, 33, 33] == [e.length for e in messages]


def test_the_details_say_the_version_and_the_cipher(handshake):
    done = handshake(FULL)

    assert "SSL 2.0" == done.first("server_hello").detail
    assert "SSL_CK_RC4_128_WITH_MD5" == done.first("client_master_key").detail


def test_a_session_that_goes_on_needs_no_key(handshake):
    done = handshake(f"""
        C hex:{CLIENT_HELLO}
        S hex:{SERVER_HELLO_HIT} hex:{FINISHED}
        C hex:{FINISHED}
        S hex:{FINISHED}
        C hex:{hidden(60)}
    """)

    assert "c client_master_key" not in said(done)
    assert ("completed", True, None, {}) == (
        done.outcome,
        done.resumed,
        done.cipher_suite,
        done.certificates,
    )


@pytest.mark.parametrize("padding", [0, 7])
def test_a_client_that_is_asked_for_a_certificate_sends_one(handshake, padding):
    """The padding is told in clear, so that a cipher that works in blocks hides no length."""
    done = handshake(f"""{OPENING}
        C hex:{CLIENT_MASTER_KEY} hex:{hidden(33, padding)}
        S hex:{hidden(33, padding)} hex:{hidden(34, padding)}
        C hex:{hidden(900, padding)}
        S hex:{hidden(33, padding)}
        C hex:{hidden(60, padding)}
    """)

    assert [
        "c client_finished",
        "s server_verify",
        "s request_certificate",
        "c client_certificate",
        "s server_finished",
        "c application_data",
    ] == said(done)[3:]
    assert "completed" == done.outcome


def test_a_client_that_offers_tls_may_be_answered_in_ssl_2(handshake):
    done = handshake(FULL.replace("01000200060000", "01030100060000"))

    assert ("completed", "SSL 2.0") == (done.outcome, str(done.version))


@pytest.mark.parametrize(
    "script, outcome, step",
    [
        (f"C hex:{CLIENT_HELLO}\n S hex:{ERROR}\n S fin", "alerted", "client_hello"),
        (f"{OPENING} C hex:{ERROR[:-2]}04\n C fin", "alerted", "certificate"),
        (f"{OPENING} C fin", "closed", "key_exchange"),
        (f"{OPENING} C rst", "reset", "key_exchange"),
        (f"{OPENING} C hex:{CLIENT_MASTER_KEY}\n S hex:{ERROR}\n S fin", "alerted", "key_exchange"),
        (f"{OPENING} C hex:{CLIENT_MASTER_KEY} hex:{FINISHED}\n S fin", "closed", "finished"),
        (OPENING, "cut", "key_exchange"),
    ],
)
def test_a_handshake_that_breaks_says_where(handshake, script, outcome, step):
    broken = handshake(script)

    assert (outcome, step) == (broken.outcome, broken.step)


def test_an_error_is_an_alert_in_the_words_of_ssl_2(handshake):
    alert = handshake(f"C hex:{CLIENT_HELLO}\n S hex:{ERROR}").first("alert")

    assert ("no_cipher", "", False, "server") == (
        alert.name,
        alert.level,
        alert.encrypted,
        alert.sender,
    )


def test_an_alert_of_tls_answers_as_ever(handshake):
    refused = handshake(f"C hex:{CLIENT_HELLO}\n S alert:fatal:handshake_failure\n S fin")

    assert ("alerted", "client_hello", None) == (refused.outcome, refused.step, refused.version)


def test_noise_is_no_answer(handshake):
    assert "not_tls" == handshake(f"C hex:{CLIENT_HELLO}\n S hex:{hidden(40)}").outcome


def test_a_message_that_cannot_be_read_is_a_trouble(handshake):
    broken = handshake(f"{OPENING} C hex:8003 hex:020100\n S fin")

    assert "client_master_key" in {e.name for e in broken.events}
    assert [("ssl2", True)] == [
        (t.layer, t.text.startswith("client: client_master_key")) for t in broken.line.troubles
    ]


def test_a_record_that_the_capture_cuts_is_a_trouble(handshake):
    cut = handshake(f"{OPENING} C hex:{CLIENT_MASTER_KEY} hex:{FINISHED} snap:30")

    assert ["client: the stream ends inside a record"] == [t.text for t in cut.line.troubles]


def test_of_much_application_data_only_the_first_is_told(handshake):
    done = handshake(FULL + f"C hex:{hidden(60) * 100}")

    assert 16 == sum(e.kind == "data" and e.sender == "client" for e in done.events)

from __future__ import annotations

import pytest

BINDER = b"\x00\x21\x20" + bytes(32)


def key(identity: bytes) -> tuple[int, bytes]:
    """The extension pre_shared_key with one identity and its binder."""
    entry = len(identity).to_bytes(2, "big") + identity + bytes(4)
    return 41, len(entry).to_bytes(2, "big") + entry + BINDER


def offer(hello, identity: bytes) -> str:
    return hello(versions=(0x0304,), more=(key(identity),))


@pytest.mark.parametrize("number", [47, 51, 40, 115])
def test_a_named_key_that_the_server_refuses_is_found(findings, hello, alert, number):
    (finding,) = findings(f"C {offer(hello, b'bob')}\n S {alert(number)}")

    assert ("negotiation.psk", "client") == (finding.cause, finding.side)
    assert "bob" in str(finding.summary)


def test_a_ticket_is_no_key_that_somebody_named(findings, hello, alert):
    assert [] == findings(f"C {offer(hello, bytes(200))}\n S {alert(47)}")


def test_a_key_up_to_tls12_shows_at_finished(findings, hello, answer, alert):
    identity = "hex:1603030009" + "10000005" + "0003626f62"  # ClientKeyExchange: bob
    (finding,) = findings(f"""
        C {hello(suites=(0x00A8,), versions=None)}
        S {answer(0x00A8)} server_hello_done
        C {identity} ccs finished:40
        S {alert(20)}
    """)

    assert ("negotiation.psk", "key_exchange") == (finding.cause, finding.step)


def test_a_bad_record_without_a_shared_key_is_something_else(findings, hello, answer, alert):
    assert [] == findings(f"""
        C {hello(versions=None)}
        S {answer()} certificate server_key_exchange server_hello_done
        C client_key_exchange ccs finished:40
        S {alert(20)}
    """)

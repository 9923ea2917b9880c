from __future__ import annotations

import pytest

DHE = 0x009E  # DHE_RSA_WITH_AES_128_GCM_SHA256


def exchange(bits: int) -> str:
    """A ServerKeyExchange with a prime of so many bits, a generator, a public value and a signature."""
    prime = b"\xff" * (bits // 8)
    body = (
        len(prime).to_bytes(2, "big") + prime + b"\x00\x01\x02\x00\x01\x07\x04\x01\x00\x02\xaa\xbb"
    )
    message = b"\x0c" + len(body).to_bytes(3, "big") + body
    return "hex:" + (b"\x16\x03\x03" + len(message).to_bytes(2, "big") + message).hex()


def flight(answer, bits: int) -> str:
    return f"S {answer(DHE)} certificate {exchange(bits)} server_hello_done"


@pytest.mark.parametrize("number", [40, 47, 71])
def test_a_short_prime_that_the_client_refuses_is_found(findings, hello, answer, alert, number):
    (finding,) = findings(
        f"C {hello(suites=(DHE, 0xC02F))}\n {flight(answer, 1024)}\n C {alert(number)}"
    )

    assert ("negotiation.weak_dh", "key_exchange") == (finding.cause, finding.step)
    assert "1024 bits" in str(finding.summary)


def test_a_long_prime_is_not_the_reason(findings, hello, answer, alert):
    assert [] == findings(
        f"C {hello(suites=(DHE, 0xC02F))}\n {flight(answer, 2048)}\n C {alert(40)}"
    )


def test_a_certificate_that_the_client_refuses_is_not_about_the_prime(
    findings, hello, answer, alert
):
    assert [] == findings(
        f"C {hello(suites=(DHE, 0xC02F))}\n {flight(answer, 1024)}\n C {alert(48)}"
    )
